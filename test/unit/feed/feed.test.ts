import { beforeEach, describe, expect, test } from 'vitest'
import { newEpoch } from '../../../src/feed/epoch.ts'
import { Feed, type FeedReader } from '../../../src/feed/feed.ts'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { makeAudioTrack, makeSamples, makeVideoTrack } from '../../support/make-media.ts'

const epochs = ['a', 'b'].map((id) => ({
  ...newEpoch({
    audio: makeAudioTrack(),
    renditions: [{ id: 'v0', video: makeVideoTrack({ width: 640, height: 360 }) }],
  }),
  id,
}))

/** So many video frames of together 90 bytes. */
function frames(count: number, bytes = 90) {
  return [makeSamples([Buffer.alloc(bytes), ...Array.from({ length: count - 1 }, () => Buffer.alloc(0))])]
}

let feed: Feed
let seconds: number
beforeEach(() => {
  feed = new Feed({ maxSeconds: 2, maxBytes: 1_000 })
  seconds = 0
})

/** Appends pieces of 0.5 s and 100 bytes: `K` with a keyframe, `-` without. */
function append(pieces: string, part: Partial<Fragment> = {}, epoch = epochs[0]): void {
  for (const piece of pieces) {
    if (!epoch) throw new Error('no epoch')
    feed.append({
      epoch,
      startSeconds: seconds,
      durationSeconds: 0.5,
      keyframe: piece === 'K',
      audio: makeSamples([Buffer.alloc(10)]),
      video: frames(15),
      capturedAtMs: seconds * 1000,
      arrivedAtMs: seconds * 1000,
      ...part,
    })
    seconds += 0.5
  }
}

function reader(): FeedReader & { numbers: number[]; ends: number } {
  const own = {
    numbers: [] as number[],
    ends: 0,
    onFragment: (fragment: Fragment) => void own.numbers.push(fragment.number),
    onEnd: () => {
      own.ends += 1
    },
  }
  return own
}

test('a reader that throws harms no other, and says so once', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  const broken: FeedReader = {
    onFragment() {
      throw new Error('no such track')
    },
    onEnd() {
      throw new Error('no end')
    },
  }
  const own = reader()
  feed.attach(broken)
  feed.attach(own)
  append('K-')
  feed.end()
  await new Promise(setImmediate)
  process.off('warning', onWarning)
  expect(own).toMatchObject({ numbers: [0, 1], ends: 1 })
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('no such track')])
})

describe('a reader', () => {
  test('gets each fragment in order, by number', () => {
    const own = reader()
    feed.attach(own)
    append('K--K')
    expect(own.numbers).toEqual([0, 1, 2, 3])
  })

  test.each([
    { there: '', first: [] },
    { there: '--', first: [] },
    { there: 'K--', first: [0, 1, 2] },
    { there: 'K--K-', first: [3, 4] },
    { there: 'K--KK', first: [4] },
  ])('that comes behind "$there" begins at the newest keyframe', ({ there, first }) => {
    append(there)
    const own = reader()
    feed.attach(own)
    expect(own.numbers).toEqual(first)
    append('-')
    expect(own.numbers).toEqual([...first, there.length])
  })

  test('that left hears nothing any more', () => {
    const own = reader()
    const leave = feed.attach(own)
    append('K')
    leave()
    append('K')
    feed.end()
    expect([own.numbers, own.ends]).toEqual([[0], 0])
  })

  test('that leaves while it is being told does not disturb the others', () => {
    const [first, second] = [reader(), reader()]
    const leave = feed.attach({ onFragment: () => leave(), onEnd: () => undefined })
    feed.attach(first)
    feed.attach(second)
    append('K-')
    expect([first.numbers, second.numbers]).toEqual([
      [0, 1],
      [0, 1],
    ])
  })

  test('hears of the end once, also when it comes after it', () => {
    const [early, late] = [reader(), reader()]
    feed.attach(early)
    append('K')
    feed.end()
    feed.end()
    append('K')
    feed.attach(late)
    expect([early.numbers, early.ends]).toEqual([[0], 1])
    expect([late.numbers, late.ends]).toEqual([[0], 1])
    expect(feed.ended).toBe(true)
  })
})

describe('the ring', () => {
  const kept = () => {
    const own = reader()
    // Everything that is in the ring counts in the snapshot.
    feed.attach(own)
    return { bytes: feed.snapshot().bufferedBytes, readable: own.numbers.length }
  }

  test('keeps its time, and what is needed to decode it', () => {
    append('K-K-K-K-')
    // 2 s are 4 pieces.
    expect(kept()).toEqual({ bytes: 400, readable: 2 })
  })

  test('keeps the newest group of pictures however long', () => {
    append('K--------')
    expect(kept()).toEqual({ bytes: 900, readable: 9 })
    append('K')
    expect(feed.snapshot().bufferedBytes).toBe(400)
  })

  test('never keeps more than its bytes', () => {
    append('K---------------')
    expect(kept()).toEqual({ bytes: 1_000, readable: 0 })
    append('K', { video: frames(15, 4_990) })
    expect(kept()).toEqual({ bytes: 5_000, readable: 1 })
    append('K')
    expect(kept()).toEqual({ bytes: 100, readable: 1 })
  })
})

describe('the snapshot', () => {
  test('of nothing', () => {
    expect(feed.snapshot()).toEqual({
      epochs: 0,
      fragments: 0,
      bufferedBytes: 0,
      bitrateBps: 0,
      codecs: '',
      width: null,
      height: null,
      framesPerSecond: null,
      newestAt: null,
    })
  })

  test('tells of the newest epoch', () => {
    append('K-')
    append('K-', { video: frames(5) }, epochs[1])
    expect(feed.snapshot()).toMatchObject({
      epochs: 2,
      fragments: 4,
      bitrateBps: 1_600,
      codecs: 'avc1.42e01f,mp4a.40.2',
      width: 640,
      height: 360,
      framesPerSecond: 10,
      newestAt: new Date(1_500).toISOString(),
    })
  })

  test('of audio has no picture size', () => {
    const [epoch] = epochs
    if (!epoch) throw new Error('no epoch')
    append('KK', { video: [] }, { ...epoch, renditions: [] })
    expect(feed.snapshot()).toMatchObject({ codecs: 'mp4a.40.2', width: null, framesPerSecond: null })
  })
})

test('the ring shrinks to what the memory of all streams allows at the moment', () => {
  let budgetBytes = 500
  const shrinking = new Feed({ maxSeconds: 10, maxBytes: 10_000, budgetBytes: () => budgetBytes })
  feed = shrinking
  append('K-K-K-K-')
  expect(shrinking.bytes).toBe(500)
  budgetBytes = 200
  append('-')
  expect(shrinking.bytes).toBe(200)
})
