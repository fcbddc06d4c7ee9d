import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEchoFilter } from '../../../scripts/setup/launch.mjs'

test('the echo of a signal is dropped, the next one by hand is not', () => {
  const isNew = createEchoFilter(300)
  expect(isNew('SIGINT', 1000)).toBe(true)
  expect(isNew('SIGINT', 1005)).toBe(false)
  expect(isNew('SIGTERM', 1006)).toBe(true)
  expect(isNew('SIGINT', 1400)).toBe(true)
})

let folder: string
let launcher: ChildProcess | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-launch-'))
})
afterEach(() => {
  launcher?.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Starts a process that launches `child` as the task does. */
async function launchChild(child: string) {
  writeFileSync(join(folder, 'child.mjs'), child)
  const module = new URL('../../../scripts/setup/launch.mjs', import.meta.url).href
  const script = `import { launch } from '${module}'
    process.exit(await launch([[process.execPath, 'child.mjs']], { cwd: '${folder}', env: process.env }))`
  launcher = spawn(process.execPath, ['--input-type=module', '-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { pid, stdout } = launcher
  if (!stdout || !pid) throw new Error('the launcher did not start')
  return { launcher, pid, lines: createInterface(stdout)[Symbol.asyncIterator]() }
}

const COUNTING_CHILD = `
  let count = 0
  process.on('SIGINT', () => {
    count += 1
    console.log('SIGINT ' + count)
    if (count === 2) process.exit(7)
  })
  setInterval(() => undefined, 1000)
  console.log('ready')
`

test('a signal to the whole group reaches the child once, a second one later too, and its code comes back', async () => {
  const { launcher, pid, lines } = await launchChild(COUNTING_CHILD)
  expect((await lines.next()).value).toBe('ready')
  process.kill(-pid, 'SIGINT')
  process.kill(pid, 'SIGINT')
  expect((await lines.next()).value).toBe('SIGINT 1')
  // Not waiting for an event: the second signal is a new one only because time has passed.
  await new Promise((resolve) => setTimeout(resolve, 400))
  process.kill(pid, 'SIGINT')
  expect((await lines.next()).value).toBe('SIGINT 2')
  expect(await once(launcher, 'close')).toEqual([7, null])
})

test.runIf(process.platform === 'linux')('a child does not outlive a launcher that is killed', async () => {
  const { launcher, lines } = await launchChild(
    `process.on('SIGTERM', () => { console.log('told to end'); process.exit() })
     setInterval(() => undefined, 1000)
     console.log('ready')`,
  )
  expect((await lines.next()).value).toBe('ready')
  launcher.kill('SIGKILL')
  expect((await lines.next()).value).toBe('told to end')
})

test('a child that dies of a signal is told apart from one that ends well', async () => {
  const { launcher } = await launchChild(`process.kill(process.pid, 'SIGKILL')`)
  expect(await once(launcher, 'close')).toEqual([137, null])
})
