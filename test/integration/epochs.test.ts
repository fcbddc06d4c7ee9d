import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { clip, clipsInARow } from '../support/clip.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { HlsRecorder } from '../support/hls-recorder.ts'
import { frameSizes, probePackets } from '../support/packets.ts'
import { publishTracks } from '../support/publish-tracks.ts'
import { runTool, testFfmpeg } from '../support/run-tool.ts'

const resumeSeconds = 4
const within = { timeout: 30_000, interval: 100 }

let gateway: TestGateway
let directory: string
let plain: string
let twoSizes: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-epochs-'))
  plain = await clip()
  twoSizes = await clipsInARow([
    await clip({ seconds: 5 }),
    await clip({ width: 320, height: 180, seconds: 40 }),
  ])
  gateway = await startGateway({
    SLUICE_WINDOW_SECONDS: '60',
    SLUICE_RESUME_SECONDS: String(resumeSeconds),
  })
}, 120_000)

afterAll(async () => {
  await gateway?.close()
  if (directory) await rm(directory, { recursive: true })
})

// At the same time: each spends its time waiting for media.
describe.concurrent('a new epoch', () => {
  test('begins when a track joins and when one leaves', async () => {
    const publisher = await publishTracks(gateway, 'joins', ['video'])
    await publisher.send(plain, 'video/H264')
    const recorder = record('joins')
    await recordedSeconds(recorder, 0, 3)
    await publisher.send(plain, 'audio/opus')
    await recordedSeconds(recorder, 1, 4)
    publisher.remove('audio')
    await recordedSeconds(recorder, 2, 3)
    await publisher.leave('stopped')
    await ended(recorder)

    expect(await tracksPerEpoch(recorder)).toEqual([['h264'], ['h264', 'aac'], ['h264']])
    expectOneTimeline(recorder, 3)
    expect(gateway.snapshot('joins')?.feed?.epochs).toBe(3)
    await expectDecodable(recorder)
  })

  test('begins when copied video changes its size, and both sizes are told', async () => {
    const publisher = await publishTracks(gateway, 'sizes', ['video', 'audio'])
    await publisher.send(twoSizes, 'video/H264', 'audio/opus')
    const recorder = record('sizes')
    await recordedSeconds(recorder, 1, 4)
    // A change is no failure of the packager.
    expect(gateway.snapshot('sizes')?.packager).toMatchObject({ failures: 0, lastError: null })
    expect(gateway.snapshot('sizes')?.feed).toMatchObject({ width: 320, height: 180 })
    await publisher.leave('stopped')
    await ended(recorder)

    expectOneTimeline(recorder, 2)
    for (const { init, bytes, discontinuitySequence } of recorder.segments) {
      const sizes = await frameSizes(Buffer.concat([init, bytes]))
      expect(new Set(sizes)).toEqual(new Set([discontinuitySequence === 0 ? '640x360' : '320x180']))
    }
    const multivariant = await (await fetch(`${gateway.url}/hls/sizes/index.m3u8`)).text()
    expect(multivariant).toContain('RESOLUTION=320x180')
    await expectDecodable(recorder)
    await expectPlayable(recorder, 'sizes')
  })

  test('begins when a lost publisher comes back in time: the session goes on', async () => {
    const first = await publishTracks(gateway, 'returns', ['video', 'audio'])
    await first.send(plain, 'video/H264', 'audio/opus')
    const recorder = record('returns')
    await recordedSeconds(recorder, 0, 3)
    const liveSince = gateway.snapshot('returns')?.liveSince
    await first.leave('lost')
    expect(gateway.snapshot('returns')).toMatchObject({ state: 'interrupted', tracks: [], packager: null })

    const second = await publishTracks(gateway, 'returns', ['video', 'audio'], first.resumeToken)
    await second.send(plain, 'video/H264', 'audio/opus')
    await recordedSeconds(recorder, 1, 3)
    expect(gateway.snapshot('returns')).toMatchObject({ state: 'live', liveSince })
    await second.leave('stopped')
    await ended(recorder)

    expectOneTimeline(recorder, 2)
    await expectDecodable(recorder)
    await expectPlayable(recorder, 'returns')
  })
})

test('a lost publisher that does not come back ends the stream', async () => {
  const publisher = await publishTracks(gateway, 'vanishes', ['video', 'audio'])
  await publisher.send(plain, 'video/H264', 'audio/opus')
  const recorder = record('vanishes')
  await recordedSeconds(recorder, 0, 2)
  await publisher.leave('lost')
  const lostAtMs = Date.now()
  expect(recorder.ended).toBe(false)
  await ended(recorder)
  expect((recorder.playlists.at(-1)?.atMs ?? 0) - lostAtMs).toBeGreaterThan(resumeSeconds * 1000 - 500)
  expect(gateway.snapshot('vanishes')).toMatchObject({
    state: 'idle',
    reason: 'the publisher did not come back',
  })
})

test('a track that falls silent is left out, and taken in again when it sends', async () => {
  const publisher = await publishTracks(gateway, 'mutes', ['video', 'audio'])
  await publisher.send(plain, 'video/H264')
  // Announced, but it never comes: the picture does not wait for ever.
  const recorder = record('mutes')
  await recordedSeconds(recorder, 0, 2)
  expect(gateway.snapshot('mutes')).toMatchObject({ state: 'live', tracks: [{ kind: 'video' }] })
  await publisher.send(plain, 'audio/opus')
  await recordedSeconds(recorder, 1, 2)
  await publisher.leave('stopped')
  await ended(recorder)
  expect(await tracksPerEpoch(recorder)).toEqual([['h264'], ['h264', 'aac']])
})

function record(name: string): HlsRecorder {
  return new HlsRecorder(`${gateway.url}/hls/${name}`)
}

/** Resolves when so much of epoch number `epoch` was recorded. */
async function recordedSeconds(recorder: HlsRecorder, epoch: number, seconds: number): Promise<void> {
  await vi.waitFor(() => {
    const maps = [...new Set(recorder.segments.map(({ map }) => map))]
    const own = recorder.segments.filter(({ map }) => map === maps[epoch])
    expect(own.reduce((sum, segment) => sum + segment.seconds, 0)).toBeGreaterThanOrEqual(seconds - 0.5)
  }, within)
}

async function ended(recorder: HlsRecorder): Promise<void> {
  await vi.waitFor(() => expect(recorder.ended).toBe(true), within)
  await recorder.stop()
}

/** One row of numbers over all epochs, and a discontinuity with its own map exactly where a new one begins. */
function expectOneTimeline(recorder: HlsRecorder, epochs: number): void {
  const { segments } = recorder
  expect(new Set(segments.map(({ map }) => map)).size).toBe(epochs)
  expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_, index) => index))
  for (const [index, segment] of segments.slice(1).entries()) {
    expect(segment.discontinuity).toBe(segment.map !== segments[index]?.map)
    // What viewers see on the way stays in order in time, too.
    expect(segment.dateTimeMs).toBeGreaterThan(segments[index]?.dateTimeMs ?? 0)
  }
  expect(segments.at(-1)?.discontinuitySequence).toBe(epochs - 1)
  expect(recorder.playlists.at(-1)?.text.match(/^#EXT-X-DISCONTINUITY$/gm)).toHaveLength(epochs - 1)
  expect(recorder.playlists.at(-1)?.text.match(/^#EXT-X-MAP:/gm)).toHaveLength(epochs)
}

async function tracksPerEpoch(recorder: HlsRecorder): Promise<string[][]> {
  const firsts = new Map(recorder.segments.toReversed().map((segment) => [segment.map, segment]))
  const tracks: string[][] = []
  for (const { init, bytes } of [...firsts.values()].reverse()) {
    const { streams } = await probePackets(Buffer.concat([init, bytes]))
    tracks.push(streams.map(({ codec_name }) => codec_name))
  }
  return tracks
}

/** ffmpeg decodes each epoch by itself, which is what a player does at a discontinuity, and finds nothing wrong. */
async function expectDecodable(recorder: HlsRecorder): Promise<void> {
  for (const map of new Set(recorder.segments.map((segment) => segment.map))) {
    const own = recorder.segments.filter((segment) => segment.map === map)
    const bytes = Buffer.concat([own[0]?.init ?? Buffer.alloc(0), ...own.map((segment) => segment.bytes)])
    await expectNoComplaint(['-i', 'pipe:0'], bytes)
  }
}

/**
 * ffmpeg plays the whole playlist through its discontinuities. Only for epochs with the same tracks: its player keeps
 * those of the first initialisation segment.
 */
async function expectPlayable(recorder: HlsRecorder, name: string): Promise<void> {
  await expectNoComplaint(['-i', await recorder.save(join(directory, name))])
}

async function expectNoComplaint(input: readonly string[], bytes?: Buffer): Promise<void> {
  const { stderr } = await runTool(testFfmpeg, ['-v', 'error', ...input, '-f', 'null', '-'], bytes)
  // Not of the media, but of what it writes: it rounds to whole frames, and at a discontinuity it moves sound and
  // picture by one amount although they don't end at the same moment.
  const complaints = stderr
    .split('\n')
    .filter((line) => line && !/non monotonically increasing dts/.test(line))
  expect(complaints).toEqual([])
}
