import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { TargetKind } from '../../src/config/target-kinds.ts'
import { TargetFeeds } from '../../src/platform-feed/target-feeds.ts'
import { Target } from '../../src/push/target.ts'
import { TranscodeSlots } from '../../src/transcode-slots.ts'
import { type FeedSourceOptions, startFeedSource } from '../support/feed-source.ts'
import { type Probe, probe } from '../support/ffprobe.ts'
import { flashAndBeepOffsetsMs, offsetFigures } from '../support/flash-and-beep.ts'
import { type NginxRtmp, startNginxRtmp } from '../support/nginx-rtmp.ts'
import { frameSizes } from '../support/packets.ts'
import { childPids, commandLine, isAlive } from '../support/processes.ts'
import { runTool, testFfmpeg } from '../support/run-tool.ts'
import { targetOptions } from '../support/target-options.ts'

const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
const { hls, encode } = loadConfig({}, null)
const settings = { ...hls, ...encode }

let cleanup: Cleanup
let nginx: NginxRtmp

beforeEach(async () => {
  cleanup = new Cleanup()
  nginx = await startNginxRtmp()
  cleanup.defer(() => nginx.stop())
})
afterEach(async () => {
  await cleanup.run()
  expect(encoders()).toEqual([])
})

describe('a platform', () => {
  test('gets silence when the publisher has no sound, and nothing is encoded for it', async () => {
    const { feeds } = await source({ audio: false })
    const youtube = await push(feeds, 'youtube')
    const { streams, keyframeSeconds } = await probe(youtube.url, 6)
    expect(streams).toContainEqual(expect.objectContaining({ codec_name: 'h264', width: 640, height: 360 }))
    expect(streams).toContainEqual(
      expect.objectContaining({ codec_name: 'aac', sample_rate: '48000', channels: 2 }),
    )
    expectFrequentKeyframes(keyframeSeconds)
    expect(youtube.transcode()).toEqual({
      mode: 'copy',
      reasons: ['Silence is added, because the stream has no sound.'],
    })
    expect(encoders()).toEqual([])
    expect(await loudestSample(await record(youtube.url, 3))).toBe(0)
  })

  test('gets a dark picture when the publisher has none, and nothing is encoded for it', async () => {
    const { feeds } = await source({ video: false })
    const facebook = await push(feeds, 'facebook')
    const { streams, keyframeSeconds } = await probe(facebook.url, 6)
    expect(streams).toContainEqual(expect.objectContaining({ codec_name: 'h264', width: 1280, height: 720 }))
    expect(streams).toContainEqual(expect.objectContaining({ codec_name: 'aac' }))
    expectFrequentKeyframes(keyframeSeconds)
    expect(facebook.transcode()).toMatchObject({
      mode: 'copy',
      reasons: [expect.stringContaining('dark picture')],
    })
    expect(encoders()).toEqual([])
    expect(await loudestSample(await record(facebook.url, 3))).toBeGreaterThan(1_000)
  })

  test('gets what a browser sends as it is, and keeps its connection when the publisher comes back', async () => {
    const { feeds, media } = await source()
    const twitch = await push(feeds, 'twitch')
    const { since } = twitch.target.snapshot()
    await media.pause()
    const recording = record(twitch.url, 6)
    await media.resume()
    expect((await framesOf(await recording)).length).toBeGreaterThan(5 * 30)
    expect(twitch.target.snapshot()).toMatchObject({ state: 'live', since })
    expect(twitch.transcode()).toEqual({ mode: 'copy', reasons: [] })
  })

  test('keeps the size of its picture when the publisher changes it', async () => {
    const { feeds, media } = await source()
    const youtube = await push(feeds, 'youtube')
    await media.pause()
    await media.resume({ size: '320x180' })
    await expect
      .poll(() => youtube.transcode(), { timeout: 10_000 })
      .toEqual({
        mode: 'encode',
        reasons: ['The picture is encoded again, because its size changed from 640×360 to 320×180.'],
      })
    await expect.poll(() => youtube.target.snapshot().state, { timeout: 10_000 }).toBe('live')
    const sizes = await framesOf(await record(youtube.url, 4))
    expect(new Set(sizes)).toEqual(new Set(['640x360']))
  })
})

describe('keyframes that come 8.3 s apart', () => {
  test('are encoded again, once for all platforms, which notice no new epoch', async () => {
    const { feeds, media } = await source({ keyframeSeconds: 8.3, flashAndBeep: true })
    const [youtube, facebook] = await Promise.all([push(feeds, 'youtube'), push(feeds, 'facebook')])
    const [first = 0, ...others] = encoders()
    expect(others).toEqual([])

    const [probed, recording] = await Promise.all([probe(facebook.url, 7), record(youtube.url, 8)])
    expectFrequentKeyframes(probed.keyframeSeconds)
    const offsets = await flashAndBeepOffsetsMs(recording)
    expect(offsets.length).toBeGreaterThanOrEqual(5)
    expect(offsetFigures(offsets).maxMs).toBeLessThanOrEqual(50)
    await expect
      .poll(() => youtube.transcode(), { timeout: 10_000 })
      .toEqual({
        mode: 'encode',
        reasons: ['The picture is encoded again, because its keyframes come 8.3 s apart.'],
      })

    const { since } = youtube.target.snapshot()
    await media.pause()
    const across = record(facebook.url, 8)
    await media.resume({ size: '320x180', keyframeSeconds: 2 })
    expect(new Set(await framesOf(await across))).toEqual(new Set(['640x360']))
    expect(youtube.target.snapshot()).toMatchObject({ state: 'live', since, failures: 0 })
    expect(isAlive(first)).toBe(false)

    const [second = 0] = encoders()
    await facebook.leave()
    expect(encoders()).toEqual([second])
    await youtube.leave()
    expect(isAlive(second)).toBe(false)
  })

  test('are encoded again after the encoder was killed', async () => {
    const { feeds } = await source({ keyframeSeconds: 8.3 })
    const youtube = await push(feeds, 'youtube')
    const [pid = 0] = encoders()
    process.kill(pid, 'SIGKILL')
    await expect
      .poll(() => youtube.transcode().reasons.at(-1))
      .toMatch(/^The encoder failed and is started again/)
    await expect.poll(() => youtube.transcode().reasons, { timeout: 15_000 }).toHaveLength(1)
    expect(encoders()).toHaveLength(1)
    expectFrequentKeyframes((await probe(youtube.url, 6)).keyframeSeconds)
  })

  test("go to a server of one's own as they are", async () => {
    const { feeds } = await source({ keyframeSeconds: 8.3, audio: false })
    const own = await push(feeds, 'rtmp')
    const { streams, keyframeSeconds } = await probe(own.url, 10)
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(['video'])
    expect((keyframeSeconds[1] ?? 0) - (keyframeSeconds[0] ?? 0)).toBeCloseTo(8.3, 1)
    expect(own.transcode()).toMatchObject({ mode: 'copy' })
  })
})

const transcodes = new TranscodeSlots(4)

async function source(options: FeedSourceOptions = {}) {
  const media = await startFeedSource(options)
  cleanup.defer(() => media.stop())
  const feeds = new TargetFeeds({ source: media.feed, settings, ffmpegBinary: testFfmpeg, transcodes, log })
  return { media, feeds }
}

/** A target on the server; resolves when media leaves. */
async function push(feeds: TargetFeeds, kind: TargetKind) {
  const { feed, transcode, close } = feeds.open(kind)
  const target = new Target({
    ...targetOptions({ name: kind, kind, url: nginx.url, key: kind }),
    ...{ feed, transcode, log },
  })
  const leave = async (): Promise<void> => {
    await target.close()
    await close()
  }
  cleanup.defer(leave)
  await expect.poll(() => target.snapshot().state, { timeout: 20_000 }).toBe('live')
  return { target, transcode, leave, url: `${nginx.url}/${kind}` }
}

/** Processes that encode what they read from the gateway. */
function encoders(): number[] {
  return childPids().filter((pid) => {
    const args = commandLine(pid)
    return args.includes('pipe:0') && args.includes('libx264')
  })
}

function expectFrequentKeyframes(seconds: Probe['keyframeSeconds']): void {
  const distances = seconds.slice(1).map((at, index) => at - (seconds[index] ?? 0))
  expect(distances.length).toBeGreaterThanOrEqual(2)
  expect(Math.max(...distances)).toBeLessThanOrEqual(2.1)
}

/** What a viewer of the RTMP server gets. @returns the path. */
async function record(url: string, seconds: number): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-platform-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  const path = join(directory, 'recording.mkv')
  await runTool(testFfmpeg, ['-v', 'error', '-i', url, '-t', String(seconds), '-c', 'copy', path])
  return path
}

async function framesOf(path: string): Promise<string[]> {
  return frameSizes(await readFile(path))
}

async function loudestSample(path: string): Promise<number> {
  const { stdout } = await runTool(testFfmpeg, ['-v', 'error', '-i', path, '-map', '0:a', '-f', 's16le', '-'])
  let loudest = 0
  for (let at = 0; at + 1 < stdout.length; at += 2)
    loudest = Math.max(loudest, Math.abs(stdout.readInt16LE(at)))
  return loudest
}
