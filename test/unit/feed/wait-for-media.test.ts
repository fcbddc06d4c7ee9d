import { describe, expect, test } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import { waitForMedia } from '../../../src/feed/wait-for-media.ts'
import { makeEpoch } from '../../support/make-media.ts'
import { epochA, makeFragments } from './make-fragments.ts'

const epochB = makeEpoch('b')

describe('waitForMedia', () => {
  test('waits for a fragment newer than the ring', async () => {
    const feed = filled()
    const next = waitForMedia(feed, new AbortController().signal)
    let settled = false
    void next.then(() => {
      settled = true
    })
    await new Promise(setImmediate)
    expect(settled).toBe(false)
    for (const fragment of makeFragments('K', epochB)) feed.append(fragment)
    expect(await next).toBe(epochB)
  })

  test('gives up when the feed ends or has ended', async () => {
    const feed = filled()
    const next = waitForMedia(feed, new AbortController().signal)
    feed.end()
    expect(await next).toBeNull()
    expect(await waitForMedia(feed, new AbortController().signal)).toBeNull()
  })

  test('gives up when it is aborted or was aborted', async () => {
    const feed = filled()
    const closing = new AbortController()
    const next = waitForMedia(feed, closing.signal)
    closing.abort()
    expect(await next).toBeNull()
    expect(await waitForMedia(feed, closing.signal)).toBeNull()
  })
})

function filled(): Feed {
  const feed = new Feed({ maxSeconds: 9, maxBytes: 999 })
  for (const fragment of makeFragments('K-', epochA)) feed.append(fragment)
  return feed
}
