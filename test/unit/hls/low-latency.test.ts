import { describe, expect, test } from 'vitest'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { mp4Muxer } from '../../../src/feed/muxer.ts'
import { hlsRequest } from '../../../src/hls/hls-request.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { bodyOf, hlsBody, hlsResource } from './hls-resource.ts'
import { drawn as drawnIn, makeEpoch, makeFragment } from './make-fragments.ts'

const epoch = makeEpoch('e')
const drawn = (drawing: string, inEpoch = epoch) => drawnIn(drawing, inEpoch)

function makeStore(fragments: readonly Fragment[]) {
  const store = new HlsStore({
    stream: 'talk',
    segmentSeconds: 1,
    windowSeconds: 12,
    partTargetSeconds: 0.229,
    sessionId: 's',
  })
  const feed = (more: readonly Fragment[]) => {
    for (const fragment of more) store.onFragment(fragment)
  }
  feed(fragments)
  return { store, feed }
}

const text = (store: HlsStore, path = 'v0-s.m3u8') => hlsBody(store, path).toString()
const delta = (store: HlsStore) => bodyOf(hlsRequest(store, 'v0-s.m3u8', { _HLS_skip: 'YES' })()).toString()

/** `0K 1 | 2K` : parts by number, K independent, | behind a segment, (n) a segment that lists no parts. */
function shape(store: HlsStore): string {
  return text(store)
    .split('\n')
    .map((line) => {
      const part = /^#EXT-X-PART:.*\/p(\d+)\.m4s"(,INDEPENDENT=YES)?$/.exec(line)
      if (part) return `${part[1]}${part[2] ? 'K' : ''}`
      if (line.startsWith('#EXT-X-DISCONTINUITY') && !line.includes(':')) return '!'
      if (line.startsWith('#EXTINF')) return `(${Number(/[\d.]+/.exec(line)?.[0]).toFixed(2)})`
      if (line.startsWith('#EXT-X-PRELOAD-HINT')) return `?${/p\d+/.exec(line)?.[0]}`
      return ''
    })
    .filter((word) => word !== '')
    .join(' ')
}

test('whole playlist: parts of the newest segments, the open one, the hint', () => {
  const { store } = makeStore(drawn('K---- K---- K---- K-'))
  expect(text(store)).toBe(`#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6.0,PART-HOLD-BACK=0.687,HOLD-BACK=3.0
#EXT-X-PART-INF:PART-TARGET=0.229
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="e/v0/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:1.000000,
e/v0/0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.000Z
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p5.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p6.m4s"
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p7.m4s"
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p8.m4s"
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p9.m4s"
#EXTINF:1.000000,
e/v0/1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p10.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p11.m4s"
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p12.m4s"
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p13.m4s"
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p14.m4s"
#EXTINF:1.000000,
e/v0/2.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:03.000Z
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p15.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.200000,URI="e/v0/p16.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="e/v0/p17.m4s"
`)
})

test('a new epoch in the open segment: discontinuity and map before its first part', () => {
  const next = drawn('K--', makeEpoch('f')).map((fragment) => ({ ...fragment, number: fragment.number + 7 }))
  const { store } = makeStore([...drawn('K---- K-'), ...next])
  expect(text(store).split('e/v0/1.m4s\n')[1]).toBe(`#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="f/v0/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXT-X-PART:DURATION=0.200000,URI="f/v0/p7.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.200000,URI="f/v0/p8.m4s"
#EXT-X-PART:DURATION=0.200000,URI="f/v0/p9.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="f/v0/p10.m4s"
`)
  expect(hlsBody(store, 'f/v0/init.mp4')).toEqual(mp4Muxer(makeEpoch('f')).header)
})

test('the end: no hint, and directives are ignored', () => {
  const { store } = makeStore(drawn('K---- K---- K-'))
  store.onEnd()
  expect(text(store)).toMatch(/e\/v0\/2\.m4s\n#EXT-X-ENDLIST\n$/)
  expect(text(store)).not.toContain('PRELOAD-HINT')
  expect(
    bodyOf(hlsRequest(store, 'v0-s.m3u8', { _HLS_msn: '99', _HLS_part: '5', _HLS_skip: 'YES' })()).toString(),
  ).toBe(text(store))
  expect(() => hlsResource(store, 'e/v0/p12.m4s')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('a delta update leaves out what is beyond the Skip Boundary, with its tags', () => {
  const { store } = makeStore(drawn('K----'.repeat(9)))
  expect(delta(store)).toBe(
    text(store).replace(/#EXT-X-MAP[\s\S]*e\/v0\/0\.m4s\n/, '#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n'),
  )
  const short = makeStore(drawn('K----'.repeat(5))).store
  expect(delta(short)).toBe(text(short))
})

describe('rules on durations', () => {
  const at = (startSeconds: number, number: number, durationSeconds: number, keyframe = false) =>
    makeFragment({ epoch, startSeconds, number, durationSeconds, keyframe })

  test('a fragment above PART-TARGET is a segment of its own without parts, served all the same', () => {
    const { store, feed } = makeStore([...drawn('K-- K---- K-'), at(2, 10, 0.3)])
    expect(shape(store)).toBe('0K 1 2 (0.60) 3K 4 5 6 7 (1.00) 8K 9 (0.40) (0.30) ?p11')
    expect(hlsBody(store, 'e/v0/p10.m4s')).toEqual(hlsBody(store, 'e/v0/3.m4s'))
    feed([at(2.3, 11, 0.2), at(2.5, 12, 0.2, true)])
    expect(shape(store)).toMatch(/\(0\.40\) \(0\.30\) 11 \(0\.20\) 12K \?p13$/)
  })

  test('a part below 85 % is its segment’s last one', () => {
    const { store } = makeStore([...drawn('K-- K-'), at(1, 5, 0.1), at(1.1, 6, 0.2, true), at(1.3, 7, 0.2)])
    expect(shape(store)).toBe('0K 1 2 (0.60) 3K 4 5 (0.50) 6K 7 ?p8')
  })

  test('a short part with a keyframe need not be the last', () => {
    const { store } = makeStore([...drawn('K-- K-'), at(1, 5, 0.1, true), at(1.1, 6, 0.2)])
    expect(shape(store)).toBe('0K 1 2 (0.60) 3K 4 5K 6 ?p7')
  })
})

test('listed parts are never taken back, whatever comes next', () => {
  const fragments = drawn('K--K-K--------K----K--KK-----------K----')
  const { store, feed } = makeStore([])
  let before: string[] = []
  for (const fragment of fragments) {
    feed([fragment])
    if (!store.version()) continue
    const parts = [...text(store).matchAll(/#EXT-X-PART:.*/g)].map(([line]) => line)
    const kept = before.slice(Math.max(0, before.indexOf(parts[0] ?? '')))
    expect(parts.slice(0, kept.length)).toEqual(kept)
    before = parts
  }
})

describe('requests that wait', () => {
  test('a playlist, and the part that is announced', () => {
    const { store, feed } = makeStore(drawn('K---- K--'))
    const playlist = hlsRequest(store, 'v0-s.m3u8', { _HLS_msn: '1', _HLS_part: '3' })
    const part = hlsRequest(store, 'e/v0/p8.m4s')
    expect([playlist(), part()]).toEqual([undefined, undefined])
    feed(drawn('K---- K---').slice(8))
    expect(bodyOf(playlist()).toString()).toContain(
      'PART:DURATION=0.200000,URI="e/v0/p8.m4s"\n#EXT-X-PRELOAD',
    )
    expect(playlist()?.plain.headers['cache-control']).toBe('public, max-age=6')
    expect(part()?.plain.headers['cache-control']).toContain('immutable')
  })

  test('an announced part that does not come is not found', () => {
    const { store, feed } = makeStore(drawn('K---- K--'))
    const part = hlsRequest(store, 'e/v0/p8.m4s')
    feed(drawn('K', makeEpoch('f')))
    expect(part).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })

  test.each([{ _HLS_part: '0' }, { _HLS_msn: '4' }, { _HLS_msn: '1', _HLS_part: '99' }, { _HLS_msn: 'x' }])(
    '%j is refused at once',
    (query) => {
      const { store } = makeStore(drawn('K---- K--'))
      expect(() => hlsRequest(store, 'v0.m3u8', query)).toThrow(
        expect.objectContaining({ code: 'BAD_REQUEST' }),
      )
    },
  )

  test('only a URL that names its session is cached', () => {
    const { store } = makeStore(drawn('K---- K--'))
    const caching = (path: string, query = {}) =>
      hlsRequest(store, path, query)()?.plain.headers['cache-control']
    expect(caching('v0.m3u8', { _HLS_msn: '0' })).toBe('no-cache')
    expect(caching('v0-s.m3u8')).toBe('no-cache')
    expect(caching('v0-s.m3u8', { _HLS_msn: '0' })).toBe('public, max-age=6')
    expect(text(store, 'index.m3u8')).toContain('\nv0-s.m3u8\n')
    expect(() => hlsResource(store, 'v0-other.m3u8')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })
})

test('nothing is playable before a whole segment and PART-HOLD-BACK of media', () => {
  const { store, feed } = makeStore(drawn('K-- ').slice(0, 3))
  expect(store.version()).toBeUndefined()
  feed(drawn('K--K').slice(3))
  expect(store.version()).toBeDefined()
  const tiny = makeStore(drawn('K-').slice(0, 2))
  tiny.feed([makeFragment({ epoch, startSeconds: 0.4, number: 2, keyframe: true })])
  expect(tiny.store.version()).toBeUndefined()
  tiny.feed([makeFragment({ epoch, startSeconds: 0.6, number: 3 })])
  expect(tiny.store.snapshot()).toMatchObject({ playable: true, partTargetSeconds: 0.229, waitingViewers: 0 })
})
