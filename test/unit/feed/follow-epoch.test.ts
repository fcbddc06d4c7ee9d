import { describe, expect, test } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import { type EpochEnd, followEpoch } from '../../../src/feed/follow-epoch.ts'
import { makeEpoch } from '../../support/make-media.ts'
import { epochA, makeFragments } from './make-fragments.ts'

const epochB = makeEpoch('b')

function append(feed: Feed, pattern: string, epoch = epochA): void {
  for (const fragment of makeFragments(pattern, epoch)) feed.append(fragment)
}

/** Follows an epoch and notes numbers of fragments and why it is over. */
function follow(feed: Feed, epoch = epochA) {
  const numbers: number[] = []
  const ends: EpochEnd[] = []
  const detach = followEpoch(feed, epoch, {
    onFragment: (fragment) => numbers.push(fragment.number),
    onOver: (end) => ends.push(end),
  })
  return { numbers, ends, detach }
}

function makeFeed(): Feed {
  return new Feed({ maxSeconds: 100, maxBytes: 10_000 })
}

describe('followEpoch', () => {
  test('begins at the newest keyframe and goes on to the end of the feed', () => {
    const feed = makeFeed()
    append(feed, 'K-K-')
    const { numbers, ends } = follow(feed)
    append(feed, '-')
    expect([numbers, ends]).toEqual([[2, 3, 4], []])
    feed.end()
    expect(ends).toEqual([{ kind: 'feed-ended' }])
  })

  test('ends with the first fragment of another epoch, which it does not deliver', () => {
    const feed = makeFeed()
    append(feed, 'K-')
    const { numbers, ends } = follow(feed)
    append(feed, 'K-', epochB)
    append(feed, 'K')
    feed.end()
    expect([numbers, ends]).toEqual([[0, 1], [{ kind: 'epoch', epoch: epochB }]])
  })

  test('leaves out what the ring holds of the epoch before', () => {
    const feed = makeFeed()
    append(feed, 'K-')
    append(feed, '--', epochB)
    const { numbers, ends } = follow(feed, epochB)
    expect([numbers, ends]).toEqual([[2, 3], []])
  })

  test('ends at once when the feed is past the epoch', () => {
    const feed = makeFeed()
    append(feed, 'K-')
    append(feed, 'K-', epochB)
    const { numbers, ends } = follow(feed)
    expect([numbers, ends]).toEqual([[], [{ kind: 'epoch', epoch: epochB }]])
    append(feed, 'K')
    expect(numbers).toEqual([])
  })

  test('ends at once on an ended feed, behind what its ring holds', () => {
    const feed = makeFeed()
    append(feed, 'K-')
    feed.end()
    const { numbers, ends } = follow(feed)
    expect([numbers, ends]).toEqual([[0, 1], [{ kind: 'feed-ended' }]])
  })

  test('waits for the epoch in an empty feed', () => {
    const feed = makeFeed()
    const { numbers, ends } = follow(feed)
    expect([numbers, ends]).toEqual([[], []])
    append(feed, 'K')
    expect(numbers).toEqual([0])
  })

  test('tells nothing any more after the undo', () => {
    const feed = makeFeed()
    const { numbers, ends, detach } = follow(feed)
    detach()
    append(feed, 'K')
    append(feed, 'K', epochB)
    feed.end()
    expect([numbers, ends]).toEqual([[], []])
  })
})
