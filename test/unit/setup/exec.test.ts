import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { capture, runLong } from '../../../scripts/setup/exec.mjs'
import { findOnPath, withTempFolder } from '../../../scripts/setup/files.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-exec-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const quiet = { doing: () => undefined, note: () => undefined, finish: () => undefined }
const node = (script: string) => [process.execPath, ['-e', script]] as const

test('a command gives its code and both outputs', async () => {
  const result = await capture(...node('console.log("out"); console.error("err"); process.exit(41)'))
  expect(result).toEqual({ code: 41, stdout: 'out\n', stderr: 'err\n' })
})

test('a file that is missing, not executable or no program is no exception', async () => {
  const text = join(folder, 'text')
  writeFileSync(text, 'no program')
  const damaged = join(folder, 'damaged')
  writeFileSync(damaged, '\x7fELF', { mode: 0o755 })
  for (const file of [join(folder, 'missing'), text, damaged]) {
    expect((await capture(file, [])).code).toBeGreaterThan(0)
  }
})

test('a command that hangs is ended', async () => {
  const { code } = await capture(...node('setInterval(() => undefined, 1000)'), { timeoutSeconds: 0.3 })
  expect(code).toBe(128)
})

test('of a long output the first and the last lines are kept', async () => {
  const script = 'for (let i = 1; i <= 100_000; i++) console.log("line " + i); process.exitCode = 3'
  const { code, excerpt } = await runLong(quiet, 'step', ...node(script))
  const lines = excerpt.split('\n')
  expect({ code, first: lines[0], last: lines.at(-1) }).toEqual({
    code: 3,
    first: 'line 1',
    last: 'line 100000',
  })
  expect(lines.length).toBeLessThan(50)
})

test('only an executable file is found on PATH, not a folder or a text of that name', () => {
  writeFileSync(join(folder, 'tool'), '')
  expect(findOnPath('tool', `/nowhere:${folder}`)).toBeUndefined()
  writeFileSync(join(folder, 'tool2'), '', { mode: 0o755 })
  expect(findOnPath('tool2', `/nowhere:${folder}`)).toBe(join(folder, 'tool2'))
})

test('a temporary folder is gone after a failure too', async () => {
  let made = ''
  const work = withTempFolder(folder, async (temp: string) => {
    made = temp
    writeFileSync(join(temp, 'half'), '')
    throw new Error('failed')
  })
  await expect(work).rejects.toThrow('failed')
  expect(made).not.toBe('')
  expect(existsSync(made)).toBe(false)
})
