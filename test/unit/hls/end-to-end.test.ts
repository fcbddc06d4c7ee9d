import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Epoch } from '../../../src/feed/epoch.ts'
import { Feed } from '../../../src/feed/feed.ts'
import { fragmentLengthOf } from '../../../src/feed/fragment-length.ts'
import { FragmentReader } from '../../../src/feed/fragment-reader.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { ffmpegBytes } from '../mp4/ffmpeg-bytes.ts'
import { bodyOf, hlsBody, playlistText } from './hls-resource.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hls-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** One packager run's output into the feed. */
function appendRun(feed: Feed, id: string, bytes: Buffer): void {
  let epoch: Epoch | undefined
  const reader = new FragmentReader({
    fragmentLength: fragmentLengthOf(0.2),
    onFragment(fragment) {
      epoch ??= { ...fragment.epoch, id }
      const atMs = Date.UTC(2026, 0, 1) + fragment.startSeconds * 1000
      feed.append({ ...fragment, epoch, capturedAtMs: atMs, arrivedAtMs: atMs })
    },
  })
  reader.push(bytes)
}

/** Writes all that the playlists list, at the places where they are served. */
function save(store: HlsStore): string[] {
  const media = playlistText(store)
  const segments = media.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const inits = [...media.matchAll(/#EXT-X-MAP:URI="(.*)"/g)].map(([, uri = '']) => uri)
  for (const path of ['index.m3u8', 'v0-s.m3u8', ...inits, ...segments]) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), hlsBody(store, path))
  }
  return segments
}

const demuxer = ['-allowed_extensions', 'ALL']

/** Decodes everything; what ffmpeg complains about. */
function decode(): string {
  const file = join(directory, 'index.m3u8')
  const run = spawnSync('ffmpeg', ['-v', 'warning', ...demuxer, '-i', file, '-f', 'null', '-'], {
    encoding: 'utf8',
  })
  expect(run.status).toBe(0)
  return run.stderr
}

function probe(): { codecs: string; frames: number; seconds: number } {
  const file = join(directory, 'index.m3u8')
  const args = [
    '-v',
    'error',
    ...demuxer,
    '-count_packets',
    '-of',
    'json',
    '-show_streams',
    '-show_format',
    file,
  ]
  const answer: unknown = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' }))
  const { streams, format } = answer as {
    streams: { codec_name: string; nb_read_packets: string }[]
    format: { duration: string }
  }
  return {
    codecs: streams.map((stream) => stream.codec_name).join(),
    frames: Number(streams[0]?.nb_read_packets),
    seconds: Number(format.duration),
  }
}

function fromRuns(runs: Buffer[]): HlsStore {
  const feed = new Feed({ maxSeconds: 60, maxBytes: 100_000_000 })
  const store = new HlsStore({ stream: 'talk', segmentSeconds: 2, windowSeconds: 60, sessionId: 's' })
  feed.attach(store)
  runs.forEach((run, index) => {
    appendRun(feed, `run${index}`, run)
  })
  feed.end()
  return store
}

const durations = (store: HlsStore) =>
  store.version()?.facts.segments.map((segment) => Number(segment.durationSeconds.toFixed(2)))

test.each([
  { name: 'video and audio', video: true, audio: true, codecs: 'h264,aac', frames: 300 },
  { name: 'video only', video: true, audio: false, codecs: 'h264', frames: 300 },
  // The last 2 of 470 AAC frames are not enough for a fragment.
  { name: 'audio only', video: false, audio: true, codecs: 'aac', frames: 468 },
])('$name: ffmpeg plays what its output became', (kind) => {
  const store = fromRuns([ffmpegBytes({ ...kind, seconds: 10 })])
  save(store)
  expect(decode()).toBe('')
  const probed = probe()
  expect(probed.codecs).toBe(kind.codecs)
  expect(probed.frames).toBe(kind.frames)
  expect(probed.seconds).toBeCloseTo(10, 1)
  if (kind.video) expect(durations(store)).toEqual([2, 2, 2, 2, 2])
})

test('keyframes far apart: forced cuts lose nothing', () => {
  const store = fromRuns([ffmpegBytes({ seconds: 10, framesPerKeyframe: 240 })])
  save(store)
  expect(decode()).toBe('')
  expect(probe()).toMatchObject({ codecs: 'h264,aac', frames: 300 })
  expect(durations(store)).toEqual([2.4, 2.4, 2.4, 0.8, 2])
  expect(store.version()?.facts.segments.map(({ independent }) => independent)).toEqual([
    true,
    false,
    false,
    false,
    true,
  ])
})

test('two runs, the second with another picture size: each epoch decodes with its own initialisation segment', () => {
  const smaller = ffmpegBytes({ seconds: 4, extra: ['-s', '160x90'] })
  const store = fromRuns([ffmpegBytes({ seconds: 4 }), smaller])
  expect(save(store)).toEqual(['run0/v0/0.m4s', 'run0/v0/1.m4s', 'run1/v0/2.m4s', 'run1/v0/3.m4s'])
  expect(store.version()?.facts.segments.map(({ discontinuity }) => discontinuity)).toEqual([
    false,
    false,
    true,
    false,
  ])
  for (const [index, segment] of store.version()?.facts.segments.entries() ?? []) {
    const input = Buffer.concat([segment.init, segment.files].map((files) => bodyOf(files.get('v0'))))
    const args = ['-v', 'warning', '-i', 'pipe:0', '-map', '0:v', '-f', 'framecrc', '-']
    const run = spawnSync('ffmpeg', args, { input, encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.stdout).toContain(index < 2 ? '320x180' : '160x90')
    expect(run.stdout.split('\n').filter((line) => line.startsWith('0,'))).toHaveLength(60)
  }
})
