import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import type { Exit } from '../../src/ffmpeg/exit.ts'
import { type FfmpegProcess, startFfmpeg } from '../../src/ffmpeg/process.ts'
import { createLog } from '../../src/log.ts'
import { childPids, isAlive } from '../support/processes.ts'
import { runTool, testFfmpeg } from '../support/run-tool.ts'

const fake = join(import.meta.dirname, '../support/fake-ffmpeg.mjs')
const log = createLog({ level: 'silent', pretty: false })

let directory: string
let running: FfmpegProcess | undefined
let cleanup = new Cleanup()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-fake-'))
})
afterEach(async () => {
  await cleanup.run()
  cleanup = new Cleanup()
  await running?.kill()
  running = undefined
  expect(childPids()).toEqual([])
})
afterAll(async () => await rm(directory, { recursive: true }))

test.each<{ how: string; exit: Partial<Exit> }>([
  { how: 'exit-0', exit: { code: 0, signal: null, clean: false, reason: 'ended because its input ended' } },
  // With the URL's secret hidden, and without the address of the part that says it.
  {
    how: 'exit-1',
    exit: { code: 1, signal: null, clean: false, reason: 'rtmp://host/[hidden] the disk is full' },
  },
  { how: 'exit-3-silent', exit: { code: 3, clean: false, reason: 'exited with code 3' } },
  {
    how: 'killed-by-signal',
    exit: { code: null, signal: 'SIGKILL', clean: false, reason: 'was ended by SIGKILL' },
  },
])('$how is told as it is', async ({ how, exit }) => {
  const process = await start(fake, how)
  expect(await process.exited).toMatchObject({ ...exit, asked: false })
  expect(isAlive(process.pid)).toBe(false)
  // Both ask nothing of a process that is gone.
  expect(await process.stop()).toMatchObject({ asked: false })
  expect(await process.kill()).toMatchObject({ asked: false })
})

test('one that obeys SIGTERM is stopped at once', async () => {
  const { process, ready } = await startReady('stays')
  await ready
  const exit = await process.stop()
  expect(exit).toMatchObject({ signal: 'SIGTERM', clean: true, reason: 'was stopped' })
  expect(isAlive(process.pid)).toBe(false)
})

test('one that ignores SIGTERM is killed after 5 s', async () => {
  const { process, ready } = await startReady('ignores-sigterm')
  await ready
  const askedAtMs = Date.now()
  const first = process.stop()
  expect(process.stop()).toBe(first)
  expect(await first).toMatchObject({
    signal: 'SIGKILL',
    clean: true,
    reason: 'was killed because it did not stop',
  })
  expect(Date.now() - askedAtMs).toBeGreaterThan(4_900)
  expect(isAlive(process.pid)).toBe(false)
})

test('kill ends it at once, also while it is being stopped', async () => {
  const { process, ready } = await startReady('ignores-sigterm')
  await ready
  const askedAtMs = Date.now()
  const stopped = process.stop()
  expect(await process.kill()).toMatchObject({ signal: 'SIGKILL', clean: true })
  await stopped
  expect(Date.now() - askedAtMs).toBeLessThan(4_000)
})

test('one is killed when its parent ends without closing it', async () => {
  const source = (path: string) => JSON.stringify(join(import.meta.dirname, '../../src', path))
  const program = `
    const { startFfmpeg } = await import(${source('ffmpeg/process.ts')})
    const { createLog } = await import(${source('log.ts')})
    const { pid } = await startFfmpeg({
      binary: ${JSON.stringify(fake)}, inputOptions: [], input: 'pipe:0', outputOptions: [], output: 'ignores-sigterm',
      onLine: (line) => line.includes('ready') && process.exit(0),
      log: createLog({ level: 'silent', pretty: false }),
    })
    process.stdout.write(String(pid))`
  const { stdout } = await runTool(process.execPath, ['--input-type=module', '-e', program])
  const pid = Number(stdout.toString())
  expect(pid).toBeGreaterThan(0)
  cleanup.defer(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5_000)
})

test('a binary that is not there fails the start', async () => {
  await expect(start(join(directory, 'nothing'), 'exit-0')).rejects.toMatchObject({
    code: 'FFMPEG_FAILED',
    message: expect.stringMatching(/^ffmpeg could not be started: .*ENOENT/),
  })
})

test('a file that is not executable fails the start', async () => {
  const path = join(directory, 'plain-file')
  await writeFile(path, 'no program')
  await chmod(path, 0o644)
  await expect(start(path, 'exit-0')).rejects.toMatchObject({
    code: 'FFMPEG_FAILED',
    message: expect.stringMatching(/^ffmpeg could not be started: .*EACCES/),
  })
})

test('a write to one that is gone does no harm', async () => {
  const process = await start(fake, 'exit-0')
  await process.exited
  expect(() => process.stdin.end('too late')).not.toThrow()
  await vi.waitFor(() => expect(process.stdin.destroyed).toBe(true))
})

test('one whose output can not be read is killed, and says why', async () => {
  running = await startFfmpeg({
    binary: testFfmpeg,
    inputOptions: ['-hide_banner', '-loglevel', 'level+error', '-re', '-f', 'lavfi'],
    input: 'anullsrc',
    outputOptions: ['-f', 's16le'],
    output: null,
    onOutput() {
      throw new Error('no such box')
    },
    log,
  })
  expect(await running.exited).toMatchObject({
    signal: 'SIGKILL',
    clean: false,
    reason: "wrote what can't be read: no such box",
  })
})

async function start(binary: string, how: string, onLine?: (line: string) => void): Promise<FfmpegProcess> {
  running = await startFfmpeg({
    binary,
    inputOptions: [],
    input: 'pipe:0',
    outputOptions: [],
    output: how,
    ...(onLine ? { onLine } : {}),
    log,
  })
  return running
}

/** `ready` resolves when the program runs and has set up what it does with signals. */
async function startReady(how: string) {
  const ready = Promise.withResolvers<void>()
  const process = await start(fake, how, (line) => {
    if (line.includes('ready')) ready.resolve()
  })
  return { process, ready: ready.promise }
}
