import { describe, expect, test } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { mp4Muxer, muxMp4 } from '../../../src/feed/muxer.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { bodyOf } from './hls-resource.ts'
import { drawn, makeEpoch } from './make-fragments.ts'

const gop = 'K---------'

/** A store whose clock is the media's. */
function makeStore(options: { windowSeconds?: number; maxBytes?: number; budgetBytes?: () => number } = {}) {
  let nowMs = 0
  const store = new HlsStore({
    stream: 'talk',
    segmentSeconds: 2,
    windowSeconds: 8,
    ...options,
    nowMs: () => nowMs,
  })
  const feed = (fragments: readonly Fragment[]) => {
    for (const fragment of fragments) {
      nowMs += 200
      store.onFragment(fragment)
    }
  }
  return { store, feed }
}

const numbers = (store: HlsStore) => store.version()?.facts.segments.map(({ mediaSequence }) => mediaSequence)

describe('HlsStore', () => {
  test('the window shrinks to what the memory of all streams allows at the moment', () => {
    let budgetBytes = 100_000
    const { store, feed } = makeStore({ budgetBytes: () => budgetBytes })
    const fragments = drawn(`${gop.repeat(11)}K`)
    feed(fragments.slice(0, 51))
    expect(store.bytes).toBe(51_000)
    budgetBytes = 30_000
    feed(fragments.slice(51, 61))
    expect(store.bytes).toBeLessThanOrEqual(30_000)
    expect(store.snapshot().playable).toBe(true)
  })

  test('nothing can be played before the first segment is complete', () => {
    const { store, feed } = makeStore()
    feed(drawn(gop))
    expect(store.version()?.facts).toBeUndefined()
    expect(store.init('e', 'v0')).toBeUndefined()
    expect(store.segment('e', 'v0', 0)).toBeUndefined()
    expect(store.snapshot()).toEqual({
      path: '/hls/talk/index.m3u8',
      playable: false,
      segments: 0,
      mediaSequence: 0,
      bufferedBytes: 10_000,
      partTargetSeconds: null,
      waitingViewers: 0,
    })
  })

  test('the window slides; what left it stays for its own and the longest playlist duration', () => {
    const { store, feed } = makeStore()
    const fragments = drawn(`${gop.repeat(11)}K`)
    // A segment is finished by the first fragment of the next one.
    feed(fragments.slice(0, 41))
    expect(numbers(store)).toEqual([0, 1, 2, 3])
    expect(store.snapshot()).toMatchObject({
      playable: true,
      segments: 4,
      mediaSequence: 0,
      bufferedBytes: 41_000,
    })
    feed(fragments.slice(41, 51))
    expect(numbers(store)).toEqual([1, 2, 3, 4])
    // Segment 0 left after 10 s of media and stays for 2 + 8 s.
    feed(fragments.slice(51, 91))
    expect(numbers(store)).toEqual([5, 6, 7, 8])
    expect(store.segment('e', 'v0', 0)).toBeDefined()
    feed(fragments.slice(91, 101))
    expect(store.segment('e', 'v0', 0)).toBeUndefined()
    expect(store.segment('e', 'v0', 1)).toBeDefined()
    expect(store.snapshot().bufferedBytes).toBe(91_000)
  })

  test('at least three target durations are listed, whatever the window', () => {
    const { store, feed } = makeStore({ windowSeconds: 1 })
    feed(drawn(`${gop.repeat(6)}K`))
    expect(numbers(store)).toEqual([3, 4, 5])
  })

  test('epochs stay as long as a segment needs them', () => {
    const { store, feed } = makeStore()
    const [a, b] = [makeEpoch('a'), makeEpoch('b')]
    feed(drawn(gop, a))
    feed(drawn(`${gop.repeat(9)}`, b))
    expect(bodyOf(store.init('a', 'v0'))).toEqual(mp4Muxer(a).header)
    expect(store.segment('a', 'v0', 0)).toBeDefined()
    expect(store.segment('b', 'v0', 0)).toBeUndefined()
    feed(drawn(gop, b).map((fragment) => ({ ...fragment, startSeconds: fragment.startSeconds + 18 })))
    feed(drawn('K', b).map((fragment) => ({ ...fragment, startSeconds: fragment.startSeconds + 20 })))
    expect(store.init('a', 'v0')).toBeUndefined()
    expect(store.init('b', 'v0')).toBeDefined()
  })

  test('independent segments are promised only when asked for', () => {
    const promises = [undefined, false, true].map((independentSegments) => {
      const store = new HlsStore({
        stream: 'talk',
        segmentSeconds: 2,
        windowSeconds: 8,
        ...(independentSegments === undefined ? {} : { independentSegments }),
      })
      for (const fragment of drawn(`${gop}K`)) store.onFragment(fragment)
      return store.version()?.facts.independentSegments
    })
    expect(promises).toEqual([false, false, true])
  })

  test('the end closes the last segment', () => {
    const { store, feed } = makeStore()
    feed(drawn(`${gop} K---`))
    store.onEnd()
    expect(numbers(store)).toEqual([0, 1])
    expect(store.version()?.facts).toMatchObject({ ended: true, targetDuration: 2 })
    expect(store.version()?.facts.segments[1]?.durationSeconds).toBeCloseTo(0.8, 9)
  })

  test('an end without media lists nothing', () => {
    const { store } = makeStore()
    store.onEnd()
    expect(store.version()?.facts).toBeUndefined()
  })

  test('the version is the same object until a segment comes', () => {
    const { store, feed } = makeStore()
    const fragments = drawn(`${gop} K---`)
    feed(fragments.slice(0, 11))
    const version = store.version()
    feed(fragments.slice(11))
    expect(store.version()).toBe(version)
    store.onEnd()
    expect(store.version()).not.toBe(version)
  })

  test('bytes are bounded: first what is not listed goes, then the oldest listed', () => {
    const { store, feed } = makeStore({ maxBytes: 45_000 })
    for (const fragment of drawn(`${gop.repeat(7)}K`)) {
      feed([fragment])
      for (const { epoch, mediaSequence } of store.version()?.facts.segments ?? []) {
        expect(store.segment(epoch.id, 'v0', mediaSequence)).toBeDefined()
      }
    }
    expect(numbers(store)).toEqual([3, 4, 5, 6])
    expect(store.segment('e', 'v0', 2)).toBeUndefined()
    expect(store.snapshot().bufferedBytes).toBe(41_000)
    const tiny = makeStore({ maxBytes: 25_000 })
    tiny.feed(drawn(`${gop.repeat(7)}K`))
    expect(tiny.store.snapshot().bufferedBytes).toBeLessThanOrEqual(25_000)
    expect(tiny.store.snapshot().segments).toBeGreaterThan(1)
  })

  test('joins a feed at its newest keyframe and hears its end', () => {
    const feed = new Feed({ maxSeconds: 30, maxBytes: 1_000_000 })
    const fragments = drawn(`${gop.repeat(3)} K---`)
    for (const fragment of fragments.slice(0, 15)) feed.append(fragment)
    const store = new HlsStore({ stream: 'talk', segmentSeconds: 2, windowSeconds: 30 })
    feed.attach(store)
    for (const fragment of fragments.slice(15)) feed.append(fragment)
    feed.end()
    expect(store.version()?.facts.segments.map(({ durationSeconds }) => durationSeconds.toFixed(1))).toEqual([
      '2.0',
      '2.0',
      '0.8',
    ])
    expect(store.version()?.facts.ended).toBe(true)
    expect(bodyOf(store.segment('e', 'v0', 0))).toEqual(
      Buffer.concat(fragments.slice(10, 20).map((fragment) => muxMp4(fragment, 0))),
    )
  })
})
