import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Cleanup } from '../../../src/cleanup.ts'
import { freePort } from '../../support/free-ports.ts'
import { liveDemo } from '../../support/live-demo.ts'
import { childPids, commandLine, isAlive } from '../../support/processes.ts'

/** Signals that the gateway and what it starts do not expect. */
const within = { timeout: 30_000, interval: 50 }
const root = join(import.meta.dirname, '../../..')

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(async () => await cleanup.run())

test('SIGKILL of the gateway leaves no process behind', async () => {
  const { gateway, pids } = await liveDemo(cleanup)
  gateway.signal('SIGKILL')
  expect(await gateway.ended).toEqual({ code: null, signal: 'SIGKILL' })
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 3_000, interval: 20 })
})

test('SIGTERM to npm reaches the gateway, which ends in good order', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-npm-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  // As scripts/run.mjs does after the set-up: npm → launcher → gateway.
  await writeFile(
    join(directory, 'start.mjs'),
    `import { launch } from ${JSON.stringify(join(root, 'scripts/setup/launch.mjs'))}
     const gateway = [process.execPath, ${JSON.stringify(join(root, 'src/main.ts'))}, '--demo']
     process.exit(await launch([gateway], { cwd: ${JSON.stringify(directory)}, env: process.env }))`,
  )
  const { scripts } = z
    .object({ scripts: z.object({ start: z.string() }) })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const start = scripts.start.replace('scripts/run.mjs start', 'start.mjs')
  expect(start).toMatch(/node start\.mjs$/)
  await writeFile(join(directory, 'package.json'), JSON.stringify({ scripts: { start } }))
  const npm = spawn('npm', ['start'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      FFMPEG_PATH: process.env.FFMPEG_PATH,
      MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN,
      SLUICE_HTTP_PORT: String(await freePort()),
      SLUICE_RTC_PORT: String(await freePort()),
      SLUICE_WORKERS: '1',
      SLUICE_STATE_DIR: directory,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  npm.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const ended = once(npm, 'close')
  await vi.waitFor(() => expect(printed).toContain('Sluice is ready'), within)
  const pids = descendants(npm.pid ?? 0)
  cleanup.defer(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  expect(pids.some((pid) => commandLine(pid).some((word) => word.endsWith('src/main.ts')))).toBe(true)
  npm.kill('SIGTERM')
  await ended
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000, interval: 50 })
  expect(printed).toContain('shutting down')
})

test('a gateway that is stopped for a while goes on with the same packager', async () => {
  const { gateway, packagerPid } = await liveDemo(cleanup)
  const before = fragmentsOf(await (await fetch(`${gateway.url}/api/streams/demo`)).json())
  gateway.signal('SIGSTOP')
  // Longer than a packager may be silent.
  await delay(5_000)
  gateway.signal('SIGCONT')
  await vi.waitFor(async () => {
    const { state, packager, feed } = snapshotSchema.parse(
      await (await fetch(`${gateway.url}/api/streams/demo`)).json(),
    )
    expect({ state, pid: packager.pid, epochs: feed.epochs }).toEqual({
      state: 'live',
      pid: packagerPid,
      epochs: 1,
    })
    expect(feed.fragments).toBeGreaterThan(before + 40)
  }, within)
})

test('a packager that is stopped is replaced', async () => {
  const { gateway, packagerPid } = await liveDemo(cleanup)
  process.kill(packagerPid, 'SIGSTOP')
  await vi.waitFor(async () => {
    const { state, packager } = snapshotSchema.parse(
      await (await fetch(`${gateway.url}/api/streams/demo`)).json(),
    )
    expect(state).toBe('live')
    expect(packager.pid).not.toBe(packagerPid)
    expect(packager.lastError).toMatch(/No media came for 4 s/)
  }, within)
  expect(isAlive(packagerPid)).toBe(false)
})

test('a media worker that is stopped is replaced', async () => {
  const { gateway, pids } = await liveDemo(cleanup)
  const worker = pids.find((pid) => commandLine(pid)[0]?.includes('mediasoup-worker')) ?? 0
  process.kill(worker, 'SIGSTOP')
  await vi.waitFor(() => expect(gateway.output().stdout).toContain('does not answer and is killed'), within)
  await vi.waitFor(() => expect(isAlive(worker)).toBe(false), within)
  await vi.waitFor(async () => expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200), within)
})

const snapshotSchema = z.object({
  state: z.string(),
  packager: z.object({ pid: z.int().nullable(), lastError: z.string().nullable() }),
  feed: z.object({ epochs: z.int(), fragments: z.int() }),
})

function fragmentsOf(snapshot: unknown): number {
  return snapshotSchema.parse(snapshot).feed.fragments
}

function descendants(pid: number): number[] {
  return childPids(pid).flatMap((child) => [child, ...descendants(child)])
}
