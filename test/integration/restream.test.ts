import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import type { Feed } from '../../src/feed/feed.ts'
import { Target } from '../../src/push/target.ts'
import type { TargetSnapshot } from '../../src/push/target-snapshot.ts'
import { questionServer, tcpServer } from '../support/faulty-servers.ts'
import { type FeedSourceOptions, startFeedSource } from '../support/feed-source.ts'
import { probe } from '../support/ffprobe.ts'
import { startNginxRtmp } from '../support/nginx-rtmp.ts'
import { childPids, commandLine } from '../support/processes.ts'
import { targetOptions } from '../support/target-options.ts'

const run = promisify(execFile)

/** A key that stands nowhere else on this machine, so that texts can be searched for it. */
let key: string
let cleanup: Cleanup
let logLines: string[]
let snapshots: string[]

beforeEach(() => {
  key = `secret-${randomUUID()}`
  cleanup = new Cleanup()
  logLines = []
  snapshots = []
})

afterEach(async () => {
  await cleanup.run()
  expect(logLines.length).toBeGreaterThan(0)
  expect(`${logLines.join('')}${snapshots.join('')}`).not.toContain(key)
  expect(pushProcesses()).toEqual([])
})

describe('a target', () => {
  test('gets H.264 and AAC with a keyframe every 2 s', async () => {
    const nginx = await rtmpServer()
    const target = push(nginx.url, (await source()).feed)
    await reaches(target, 'live', 5_000)
    const { streams, keyframeSeconds } = await probe(`${nginx.url}/${key}`, 7)
    expect(streams.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264'])
    expect(streams).toContainEqual(expect.objectContaining({ width: 640, height: 360 }))
    expect(streams).toContainEqual(expect.objectContaining({ sample_rate: '48000', channels: 2 }))
    expect(keyframeSeconds.length).toBeGreaterThanOrEqual(3)
    const intervals = keyframeSeconds.slice(1).map((at, index) => at - (keyframeSeconds[index] ?? 0))
    expect(Math.max(...intervals)).toBeLessThanOrEqual(2.1)
    expect(snapshot(target)).toMatchObject({ failures: 0, lastError: null, nextTryAt: null })
    expect(snapshot(target).bitrateBps).toBeGreaterThan(100_000)
  })

  test('gets its key and its own address, of which the list of processes shows nothing', async () => {
    const asked = await questionServer(cleanup)
    const nginx = await rtmpServer({ onPublish: asked.url })
    // Longer than a chunk; nginx-rtmp keeps 255 characters.
    const query = `token=${'x'.repeat(120)}&more=${key}`
    const target = push(nginx.url, (await source()).feed, { key: `${key}?${query}` })
    await reaches(target, 'live', 5_000)
    expect(asked.last()).toMatchObject({
      call: 'publish',
      app: 'live',
      name: key,
      tcurl: nginx.url,
      ...Object.fromEntries(new URLSearchParams(query)),
    })
    expect(pushProcesses()).toHaveLength(1)
    expect(await allArguments()).not.toContain(key)
    expect((await probe(`${nginx.url}/${key}`, 2)).streams).toHaveLength(2)
  })

  test('that wants a user and a password is refused', async () => {
    const nginx = await rtmpServer()
    const target = push(nginx.url.replace('//', '//me:word@'), (await source()).feed)
    await reaches(target, 'refused', 5_000)
    expect(snapshot(target)).toMatchObject({
      errorClass: 'blocked',
      lastError: expect.stringMatching(/user name/),
    })
    expect(snapshots.join('')).not.toContain('word@')
  })

  test('that says nothing is left at once when it is closed', async () => {
    const port = await tcpServer(cleanup, () => undefined)
    const target = push(`rtmp://127.0.0.1:${port}/live`, (await source()).feed)
    await reaches(target, 'connecting', 5_000)
    await expect.poll(pushProcesses).toHaveLength(1)
    const [pid = 0] = pushProcesses()
    await target.close()
    // At once, not some time later.
    expect(isRunning(pid)).toBe(false)
  })

  test('goes on with a new epoch, which is no failure', async () => {
    const nginx = await rtmpServer()
    const media = await source()
    const target = push(nginx.url, media.feed)
    await reaches(target, 'live', 5_000)
    const { since } = snapshot(target)
    await media.pause()
    await media.resume()
    await expect.poll(() => snapshot(target).since, { timeout: 5_000 }).not.toBe(since)
    await reaches(target, 'live', 5_000)
    expect(states()).toEqual(['connecting', 'live', 'connecting', 'live'])
    expect(snapshot(target)).toMatchObject({ failures: 0, lastError: null })
    const { streams } = await probe(`${nginx.url}/${key}`, 2)
    expect(streams).toHaveLength(2)
  })

  test('starts no ffmpeg before there is media, and keeps it over a pause', async () => {
    const nginx = await rtmpServer()
    const media = await source()
    await media.pause()
    const target = push(nginx.url, media.feed)
    expect(snapshot(target).state).toBe('waiting')
    expect(pushProcesses()).toEqual([])
    await media.resume()
    await reaches(target, 'live', 5_000)
    await media.pause()
    const asked = performance.now()
    await target.close()
    // ffmpeg waits for input now: only the end of it makes it see that it was asked to stop.
    expect(performance.now() - asked).toBeLessThan(2_000)
  })

  test('stops when the stream ends', async () => {
    const nginx = await rtmpServer()
    const media = await source()
    const target = push(nginx.url, media.feed)
    await reaches(target, 'live', 5_000)
    await media.stop()
    await reaches(target, 'stopped', 5_000)
    expect(snapshot(target).lastError).toBeNull()
  })

  test('says that ffmpeg is missing', async () => {
    const target = push((await rtmpServer()).url, (await source()).feed, { ffmpegBinary: '/nowhere/ffmpeg' })
    await reaches(target, 'retrying', 5_000)
    expect(snapshot(target).lastError).toMatch(/^ffmpeg could not be started/)
  })
})

function push(url: string, feed: Feed, other: { ffmpegBinary?: string; key?: string } = {}): Target {
  const log = pino({ level: 'trace' }, { write: (line: string) => logLines.push(line) })
  const target = new Target({
    ...targetOptions({ url, key: other.key ?? key }),
    feed,
    ffmpegBinary: other.ffmpegBinary ?? 'ffmpeg',
    log,
  })
  cleanup.defer(() => target.close())
  return target
}

function snapshot(target: Target): TargetSnapshot {
  const current = target.snapshot()
  snapshots.push(JSON.stringify(current))
  return current
}

async function reaches(target: Target, state: TargetSnapshot['state'], timeout: number): Promise<void> {
  await expect.poll(() => snapshot(target).state, { timeout, interval: 20 }).toBe(state)
}

/** States in the order in which they were logged. */
function states(): unknown[] {
  return logLines.flatMap((line) => {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null && 'to' in entry ? [entry.to] : []
  })
}

/** Ids of the ffmpeg processes that push. */
function pushProcesses(): number[] {
  return childPids().filter((pid) => commandLine(pid).some((argument) => argument.startsWith('rtmp://127.')))
}

/** The arguments of all processes of this machine, as any of its users can read them. */
async function allArguments(): Promise<string> {
  const { stdout } = await run('ps', ['-axo', 'args='], { maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

function isRunning(pid: number): boolean {
  try {
    // Signal 0 only asks.
    return process.kill(pid, 0)
  } catch {
    // ESRCH: there is no such process.
    return false
  }
}

async function source(options?: FeedSourceOptions) {
  const media = await startFeedSource(options)
  cleanup.defer(() => media.stop())
  return media
}

async function rtmpServer(options?: Parameters<typeof startNginxRtmp>[0]) {
  const nginx = await startNginxRtmp(options)
  cleanup.defer(() => nginx.stop())
  return nginx
}
