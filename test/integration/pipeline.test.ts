import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { types as hls, parse } from 'hls-parser'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startRtpPublisher } from '../../src/ingest/rtp-publisher.ts'
import { createLog } from '../../src/log.ts'
import { type ClipOptions, clip, clipFramesPerSecond, clipSource } from '../support/clip.ts'
import { columnLumas } from '../support/column-lumas.ts'
import { flashAndBeepOffsetsMs, offsetFigures } from '../support/flash-and-beep.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { HlsRecorder, type RecordedPlaylist, type RecordedSegment } from '../support/hls-recorder.ts'
import { type Packets, probePackets, span } from '../support/packets.ts'

const segmentSeconds = 2
const windowSeconds = 6
const endedSeconds = 8
const recordedSeconds = 15
const frameSeconds = 1 / clipFramesPerSecond
const aacFrameSeconds = 1024 / 48_000
const transcoded = { width: 640, height: 360 }

/** One stream per kind of publisher, all recorded at the same time by a viewer. */
const clips: Record<string, ClipOptions> = {
  copied: { video: 'h264' },
  transcoded: { video: 'vp8', width: 360, height: 640 },
  'sound-only': { video: null },
  'picture-only': { audio: false },
}
const names = Object.keys(clips)
const withPicture = names.filter((name) => name !== 'sound-only')
const withBoth = ['copied', 'transcoded']

type Recording = {
  playlists: RecordedPlaylist[]
  segments: RecordedSegment[]
  /** Per segment, decoded with its own initialisation segment and nothing else. */
  probes: Packets[]
  multivariant: string
  /** One file of all segments. */
  whole: Buffer
  path: string
}

let gateway: TestGateway
let directory: string
const recordings = new Map<string, Recording>()
let goneAfterMs: number

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-pipeline-'))
  const paths = new Map<string, string>()
  for (const [name, options] of Object.entries(clips)) paths.set(name, await clip(options))
  gateway = await startGateway({
    // Plain HLS; low-latency.test.ts has the other.
    SLUICE_LOW_LATENCY: 'false',
    SLUICE_SEGMENT_SECONDS: String(segmentSeconds),
    SLUICE_WINDOW_SECONDS: String(windowSeconds),
    SLUICE_ENDED_SECONDS: String(endedSeconds),
    SLUICE_TRANSCODE_WIDTH: String(transcoded.width),
    SLUICE_TRANSCODE_HEIGHT: String(transcoded.height),
    SLUICE_TRANSCODE_PRESET: 'ultrafast',
  })
  const publishers = await Promise.all(
    Object.entries(clips).map(([name, options]) =>
      startRtpPublisher({
        registry: gateway.app.registry,
        streamName: name,
        source: clipSource(paths.get(name) ?? '', options),
        ffmpegBinary: gateway.app.ffmpegBinary,
        log: createLog({ level: process.env.TEST_LOG ?? 'silent', pretty: false }),
      }),
    ),
  )
  const recorders = new Map(names.map((name) => [name, new HlsRecorder(`${gateway.url}/hls/${name}`)]))
  for (const recorder of recorders.values()) {
    await vi.waitFor(() => expect(recorder.seconds).toBeGreaterThan(recordedSeconds), 60_000)
  }
  const multivariants = new Map<string, string>()
  for (const name of names) multivariants.set(name, await (await get(`${name}/index.m3u8`)).text())
  await Promise.all(publishers.map((publisher) => publisher.close()))
  const endedAtMs = Date.now()
  for (const [name, recorder] of recorders) {
    await vi.waitFor(() => expect(recorder.ended).toBe(true), 5_000)
    await recorder.stop()
    const { playlists, segments } = recorder
    const whole = Buffer.concat([segments[0]?.init ?? Buffer.alloc(0), ...segments.map(({ bytes }) => bytes)])
    recordings.set(name, {
      playlists,
      segments,
      probes: await Promise.all(
        segments.map(({ init, bytes }) => probePackets(Buffer.concat([init, bytes]))),
      ),
      multivariant: multivariants.get(name) ?? '',
      whole,
      path: await recorder.save(join(directory, name)),
    })
  }
  await vi.waitFor(async () => expect((await get('copied/v0.m3u8')).status).toBe(404), {
    timeout: 30_000,
    interval: 200,
  })
  goneAfterMs = Date.now() - endedAtMs
}, 180_000)

afterAll(async () => {
  await gateway?.close()
  if (directory) await rm(directory, { recursive: true })
})

describe.each(names)('%s: segments', (name) => {
  test('hold the tracks that were published, as H.264 and AAC', () => {
    const { probes } = recording(name)
    const expected = [...(name === 'sound-only' ? [] : ['h264']), ...(name === 'picture-only' ? [] : ['aac'])]
    for (const { streams } of probes) {
      expect(streams.map(({ codec_name }) => codec_name)).toEqual(expected)
      for (const stream of streams) {
        if (stream.codec_type === 'video') expect(stream).toMatchObject(transcoded)
        else expect(stream).toMatchObject({ sample_rate: '48000', channels: 2 })
      }
    }
  })

  test('begin with a keyframe', () => {
    for (const { packets } of recording(name).probes) {
      const first = packets.find(({ kind }) => kind === (name === 'sound-only' ? 'audio' : 'video'))
      expect(first?.keyframe).toBe(true)
    }
  })

  test('go on in time where the one before ended', () => {
    const { probes } = recording(name)
    for (const kind of ['video', 'audio'] as const) {
      // One frame: RTP's clock and the container's round differently, a resampler that follows the publisher's clock
      // adds or drops samples, and the last frame of a piece has the length of the one before.
      const tolerance = kind === 'video' ? frameSeconds : aacFrameSeconds
      const spans = probes.map(({ packets }) => span(packets, kind)).filter((found) => found !== undefined)
      for (const [index, next] of spans.slice(1).entries()) {
        expect(Math.abs(next.from - (spans[index]?.to ?? Number.NaN))).toBeLessThanOrEqual(tolerance + 1e-4)
      }
    }
  })

  test('have a picture every frame', () => {
    const seconds = recording(name).probes.flatMap(({ packets }) =>
      packets.filter(({ kind }) => kind === 'video').map((packet) => packet.seconds),
    )
    const steps = seconds.slice(1).map((at, index) => at - (seconds[index] ?? 0))
    if (steps.length === 0) return expect(name).toBe('sound-only')
    console.log(
      `${name}: between pictures ${ms(Math.min(...steps))} to ${ms(Math.max(...steps))}, ${seconds.length} pictures`,
    )
    // The first sender reports move both tracks by what the two starts differed.
    expect(Math.min(...steps)).toBeGreaterThan(0)
    expect(Math.max(...steps)).toBeLessThan(3 * frameSeconds)
  })

  test('last as long as the playlist says', () => {
    const { probes, segments } = recording(name)
    for (const [index, { seconds }] of segments.entries()) {
      const found = span(probes[index]?.packets ?? [], name === 'sound-only' ? 'audio' : 'video')
      expect(Math.abs((found?.to ?? 0) - (found?.from ?? 0) - seconds)).toBeLessThan(0.05)
    }
  })
})

test.each(withBoth)('%s: picture and sound are together', async (name) => {
  const offsetsMs = await flashAndBeepOffsetsMs(recording(name).path)
  const { medianMs, maxMs } = offsetFigures(offsetsMs)
  console.log(
    `${name}: picture against sound: median ${ms(medianMs / 1000)}, at most ${ms(maxMs / 1000)}, ${offsetsMs.length} flashes`,
  )
  expect(offsetsMs.length).toBeGreaterThan(recordedSeconds - 4)
  expect(maxMs).toBeLessThan(50)
})

test('transcoded: segments are exactly at the cadence', () => {
  const whole = recording('transcoded').segments.slice(0, -1)
  expect(whole.map(({ seconds }) => seconds.toFixed(3))).toEqual(whole.map(() => segmentSeconds.toFixed(3)))
})

test('copied: segments follow the cadence of the keyframes', () => {
  // The first one is short, so that the first playlist comes early; the clip has a keyframe every second.
  const [first, ...others] = recording('copied').segments.slice(0, -1)
  expect(first?.seconds).toBeCloseTo(1, 1)
  for (const { seconds } of others) expect(seconds).toBeCloseTo(segmentSeconds, 1)
})

test('transcoded: a portrait picture stands between black columns, not stretched', async () => {
  const { width, height } = transcoded
  const lumas = await columnLumas(recording('transcoded').whole, width, height)
  const lit = lumas.map((luma, x) => (luma > 40 ? x : -1)).filter((x) => x >= 0)
  const wanted = (height * 360) / 640
  const [left, right] = [lit[0] ?? 0, lit.at(-1) ?? 0]
  expect(Math.abs(right - left + 1 - wanted)).toBeLessThanOrEqual(8)
  expect(Math.abs(left - (width - 1 - right))).toBeLessThanOrEqual(4)
})

describe.each(names)('%s: the media playlist', (name) => {
  test('never changes its target duration', () => {
    const { playlists } = recording(name)
    expect(new Set(playlists.map(({ targetDuration }) => targetDuration))).toEqual(new Set([segmentSeconds]))
    for (const { seconds } of recording(name).segments) {
      expect(Math.round(seconds)).toBeLessThanOrEqual(segmentSeconds)
    }
  })

  test('counts what left its window', () => {
    const { playlists } = recording(name)
    for (const [index, playlist] of playlists.slice(1).entries()) {
      const before = playlists[index]
      const left = before?.entries.findIndex(({ uri }) => uri === playlist.entries[0]?.uri)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(playlist.mediaSequence).toBe((before?.mediaSequence ?? 0) + (left ?? 0))
    }
    expect(playlists[0]?.mediaSequence).toBe(0)
    expect(playlists.at(-1)?.mediaSequence).toBeGreaterThan(2)
    // As soon as something left, the window is full.
    for (const { entries } of playlists.filter(({ mediaSequence }) => mediaSequence > 0)) {
      const listed = entries.reduce((sum, { seconds }) => sum + seconds, 0)
      expect(listed).toBeGreaterThanOrEqual(windowSeconds)
      expect(listed).toBeLessThan(windowSeconds + 2 * segmentSeconds)
    }
  })

  test('tells the time of day', () => {
    const { playlists, segments } = recording(name)
    for (const [index, { entries, atMs }] of playlists.slice(0, -1).entries()) {
      const newest = entries.at(-1)
      // A playlist can change without a new segment, which grows older meanwhile.
      if (newest?.uri === playlists[index - 1]?.entries.at(-1)?.uri) continue
      const ageMs = atMs - ((newest?.dateTimeMs ?? 0) + (newest?.seconds ?? 0) * 1000)
      expect(ageMs).toBeGreaterThan(-100)
      expect(ageMs).toBeLessThan(2_000)
    }
    for (const [index, next] of segments.slice(1).entries()) {
      const before = segments[index]
      const toldMs = (before?.dateTimeMs ?? 0) + (before?.seconds ?? 0) * 1000
      expect(Math.abs(next.dateTimeMs - toldMs)).toBeLessThan(250)
    }
  })

  test('is understood by another parser', () => {
    for (const { text, entries, ended, mediaSequence } of recording(name).playlists) {
      const parsed = parse(text)
      if (!(parsed instanceof hls.MediaPlaylist)) throw new Error('not a media playlist')
      // Its last segment may be one of which there are only parts.
      const uris = parsed.segments.map(({ uri }) => uri).filter(Boolean)
      expect(uris).toEqual(entries.map(({ uri }) => uri))
      expect(parsed.mediaSequenceBase).toBe(mediaSequence)
      expect(parsed.endlist).toBe(ended)
    }
  })

  test('has one map and no discontinuity, and ends when the publisher stops', () => {
    const { segments, playlists } = recording(name)
    expect(new Set(segments.map(({ map }) => map)).size).toBe(1)
    expect(segments.some(({ discontinuity }) => discontinuity)).toBe(false)
    expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_, index) => index))
    expect(playlists.map(({ ended }) => ended)).toEqual(
      playlists.map((_, index) => index === playlists.length - 1),
    )
  })
})

test.each(withPicture)('%s: the multivariant playlist says what the media is', (name) => {
  const { multivariant, probes, segments } = recording(name)
  const playlist = parse(multivariant)
  if (!(playlist instanceof hls.MasterPlaylist)) throw new Error('not a multivariant playlist')
  const [variant] = playlist.variants
  const video = probes[0]?.streams.find(({ codec_type }) => codec_type === 'video')
  expect(variant?.resolution).toEqual({ width: video?.width, height: video?.height })
  expect(variant?.frameRate).toBeCloseTo(clipFramesPerSecond, 3)
  const codecs = variant?.codecs?.split(',') ?? []
  expect(codecs).toHaveLength(name === 'picture-only' ? 1 : 2)
  expect(codecs[0]).toMatch(/^avc1\.[0-9a-f]{6}$/i)
  // RFC 6381: profile, constraints, level.
  const profiles: Record<string, number> = { Baseline: 66, 'Constrained Baseline': 66, Main: 77, High: 100 }
  expect(Number.parseInt(codecs[0]?.slice(5, 7) ?? '', 16)).toBe(profiles[video?.profile ?? ''])
  expect(Number.parseInt(codecs[0]?.slice(9, 11) ?? '', 16)).toBe(video?.level)
  if (name !== 'picture-only') expect(codecs[1]).toBe('mp4a.40.2')
  const rates = segments.slice(0, -1).map(({ bytes, seconds }) => (bytes.length * 8) / seconds)
  expect(variant?.bandwidth).toBeGreaterThanOrEqual(Math.floor(Math.max(...rates.slice(0, -1))))
  expect(variant?.bandwidth).toBeLessThan(Math.max(...rates) * 1.2)
})

test('sound-only: the multivariant playlist promises no picture', () => {
  const playlist = parse(recording('sound-only').multivariant)
  if (!(playlist instanceof hls.MasterPlaylist)) throw new Error('not a multivariant playlist')
  expect(playlist.variants[0]?.codecs).toBe('mp4a.40.2')
  expect(playlist.variants[0]?.resolution).toBeUndefined()
})

test('an ended stream can be fetched for as long as configured, then it is gone', () => {
  expect(goneAfterMs).toBeGreaterThan(endedSeconds * 1000 - 500)
  expect(gateway.snapshot('copied')).toBeUndefined()
})

function recording(name: string): Recording {
  const found = recordings.get(name)
  if (!found) throw new Error(`${name} was not recorded`)
  return found
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`
}

function get(path: string): Promise<Response> {
  return fetch(`${gateway.url}/hls/${path}`)
}
