import { describe, expect, test } from 'vitest'
import { mediaPlaylist } from '../../../src/hls/media-playlist.ts'
import { multivariantPlaylist } from '../../../src/hls/multivariant-playlist.ts'
import type { PlaylistFacts } from '../../../src/hls/playlist-facts.ts'
import { initFiles } from '../../../src/hls/renditions.ts'
import { mediaResource } from '../../../src/hls/resource.ts'
import type { Segment } from '../../../src/hls/segment.ts'
import { makeEpoch, startMs } from './make-fragments.ts'

const [a, b] = [makeEpoch('Aa_1'), makeEpoch('Bb-2')]

/** 500 kB, unless told otherwise. */
function segment(mediaSequence: number, part: Partial<Segment> = {}): Segment {
  const bytes = part.bytes ?? 500_000
  return {
    epoch: a,
    init: initFiles(a),
    files: new Map([['v0', mediaResource('video/mp4', 'name', [Buffer.alloc(bytes)])]]),
    mediaSequence,
    discontinuitySequence: 0,
    discontinuity: false,
    independent: true,
    durationSeconds: 2,
    programDateTimeMs: startMs + mediaSequence * 2000,
    videoFrames: 60,
    bytes,
    parts: [],
    partsListed: false,
    ...part,
  }
}

function facts(segments: Segment[], part: Partial<PlaylistFacts> = {}): PlaylistFacts {
  return {
    sessionId: 'x',
    segments,
    targetDuration: 2,
    ended: false,
    independentSegments: false,
    peakBps: new Map([['v0', 2_100_000.2]]),
    partTargetSeconds: null,
    ...part,
  }
}

describe('mediaPlaylist', () => {
  test('first segment', () => {
    const text = mediaPlaylist(
      facts([segment(0, { durationSeconds: 1, programDateTimeMs: startMs + 7.4 })]),
      'v0',
    )
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="Aa_1/v0/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.007Z
#EXTINF:1.000000,
Aa_1/v0/0.m4s
`)
  })

  test('in the middle, with a new epoch and a promise', () => {
    const segments = [
      segment(7, { durationSeconds: 1.9666666 }),
      segment(8, { epoch: b, discontinuity: true, discontinuitySequence: 1 }),
      segment(9, { epoch: b, discontinuitySequence: 1, durationSeconds: 2.499 }),
    ]
    expect(mediaPlaylist(facts(segments, { independentSegments: true }), 'v0')).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="Aa_1/v0/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z
#EXTINF:1.966667,
Aa_1/v0/7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="Bb-2/v0/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z
#EXTINF:2.000000,
Bb-2/v0/8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:18.000Z
#EXTINF:2.499000,
Bb-2/v0/9.m4s
`)
  })

  test('a discontinuity on the first segment is not counted yet, behind it is; the end', () => {
    const first = segment(8, { epoch: b, discontinuity: true, discontinuitySequence: 3 })
    const second = segment(9, { epoch: b, discontinuitySequence: 3 })
    expect(mediaPlaylist(facts([first, second], { ended: true }), 'v0')).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:8
#EXT-X-DISCONTINUITY-SEQUENCE:2
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="Bb-2/v0/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z
#EXTINF:2.000000,
Bb-2/v0/8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:18.000Z
#EXTINF:2.000000,
Bb-2/v0/9.m4s
#EXT-X-ENDLIST
`)
    expect(mediaPlaylist(facts([second]), 'v0')).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-MAP')
  })
})

describe('multivariantPlaylist', () => {
  test('video and audio', () => {
    expect(multivariantPlaylist(facts([segment(0), segment(1)]))).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-STREAM-INF:BANDWIDTH=2100001,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000
v0-x.m3u8
`)
  })

  const videoOnly = makeEpoch('v', { audio: false })
  const audioOnly = makeEpoch('s', { video: false })
  test.each([
    [
      'video only',
      [segment(0, { epoch: videoOnly })],
      'CODECS="avc1.42e01f",RESOLUTION=1280x720,FRAME-RATE=30.000',
    ],
    ['audio only', [segment(0, { epoch: audioOnly, videoFrames: 0 })], 'CODECS="mp4a.40.2"'],
    [
      'the newest epoch counts, also for the frame rate',
      [
        segment(0),
        segment(1, { epoch: videoOnly, videoFrames: 49 }),
        segment(2, { epoch: videoOnly, videoFrames: 50 }),
      ],
      'CODECS="avc1.42e01f",RESOLUTION=1280x720,FRAME-RATE=25.000',
    ],
    ['a slide show', [segment(0, { videoFrames: 1 })], 'RESOLUTION=1280x720,FRAME-RATE=1.000'],
  ])('%s', (_, segments, expected) => {
    const [line] = multivariantPlaylist(facts(segments)).split('\n').slice(2)
    expect(line?.endsWith(`,${expected}`)).toBe(true)
  })

  test.each([
    [
      'no row was long enough yet',
      [segment(0, { durationSeconds: 0.5, bytes: 1000 })],
      0,
      'BANDWIDTH=16000,AVERAGE-BANDWIDTH=16000',
    ],
    [
      'a segment without duration',
      [segment(0, { durationSeconds: 0 })],
      0,
      'BANDWIDTH=1,AVERAGE-BANDWIDTH=1',
    ],
  ])('bandwidth is never 0: %s', (_, segments, peakBps, expected) => {
    expect(multivariantPlaylist(facts(segments, { peakBps: new Map([['v0', peakBps]]) }))).toContain(
      `#EXT-X-STREAM-INF:${expected},`,
    )
  })

  test('the promise of independent segments', () => {
    const text = multivariantPlaylist(facts([segment(0)], { independentSegments: true }))
    expect(text).toContain('#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF')
  })
})
