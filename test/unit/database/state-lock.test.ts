import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockState } from '../../../src/database/state-lock.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-lock-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const module = JSON.stringify(join(import.meta.dirname, '../../../src/database/state-lock.ts'))

/** A process that holds the lock until it is killed. */
async function holder() {
  const program = `
    const { lockState } = await import(${module})
    globalThis.lock = lockState(${JSON.stringify(directory)})
    console.log('locked')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a second gateway is refused, and told of the first', async () => {
  const first = await holder()
  try {
    expect(() => lockState(directory)).toThrow(
      expect.objectContaining({
        code: 'STATE_FAILED',
        message: expect.stringContaining(`Another gateway (pid ${first.pid}) uses`),
      }),
    )
  } finally {
    first.kill('SIGKILL')
    await once(first, 'close')
  }
  // What a SIGKILL leaves is no lock.
  lockState(directory).release()
})

test('in one process it is held once, and can be taken again after its release', () => {
  const lock = lockState(directory)
  expect(() => lockState(directory)).toThrow(/Another gateway/)
  lock.release()
  lock.release()
  lockState(directory).release()
})

test('a directory that can not be used is said as a sentence', () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  chmodSync(file, 0o600)
  expect(() => lockState(join(file, 'state'))).toThrow(
    expect.objectContaining({
      code: 'STATE_FAILED',
      message: expect.stringMatching(/can not be used: .*ENOTDIR/),
    }),
  )
})
