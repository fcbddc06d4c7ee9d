import { describe, expect, test } from 'vitest'
import { FragmentQueue } from '../../../src/feed/fragment-queue.ts'
import { makeFragments } from './make-fragments.ts'

const cases = [
  { what: 'keeps what fits', pattern: 'K--K-', maxSeconds: 5, maxBytes: 50, kept: [0, 1, 2, 3, 4] },
  { what: 'begins at a keyframe', pattern: '--K-', maxSeconds: 5, maxBytes: 50, kept: [2, 3] },
  { what: 'drops a group for seconds', pattern: 'K--K--', maxSeconds: 5, maxBytes: 99, kept: [3, 4, 5] },
  { what: 'drops a group for bytes', pattern: 'K--K--', maxSeconds: 99, maxBytes: 59, kept: [3, 4, 5] },
  { what: 'drops several groups', pattern: 'KKK---', maxSeconds: 4, maxBytes: 99, kept: [2, 3, 4, 5] },
  { what: 'drops a group that is too long', pattern: 'K-----K-', maxSeconds: 3, maxBytes: 99, kept: [6, 7] },
  { what: 'takes nothing larger than its limit', pattern: 'KK', maxSeconds: 9, maxBytes: 9, kept: [] },
]

describe('FragmentQueue', () => {
  test.each(cases)('$what: $pattern', ({ pattern, maxSeconds, maxBytes, kept }) => {
    const queue = new FragmentQueue({ maxSeconds, maxBytes })
    for (const fragment of makeFragments(pattern)) {
      queue.add(fragment)
      expect(queue.bytes).toBeLessThanOrEqual(maxBytes)
      expect(queue.seconds).toBeLessThanOrEqual(maxSeconds)
    }
    expect(queue.dropped).toBe(pattern.length - kept.length)
    expect(queue.droppedSeconds).toBe(pattern.length - kept.length)
    expect(takeAll(queue)).toEqual(kept)
    expect(queue).toMatchObject({ bytes: 0, seconds: 0, empty: true })
  })

  test('goes on at a keyframe after the rest of a group that was partly taken is dropped', () => {
    const queue = new FragmentQueue({ maxSeconds: 2, maxBytes: 99 })
    const [first, ...others] = makeFragments('K----K-')
    if (first) queue.add(first)
    expect(queue.take()?.number).toBe(0)
    for (const fragment of others) queue.add(fragment)
    expect(takeAll(queue)).toEqual([5, 6])
    expect(queue.dropped).toBe(4)
  })

  test('is empty after clear(), and begins at a keyframe again', () => {
    const queue = new FragmentQueue({ maxSeconds: 9, maxBytes: 99 })
    const fragments = makeFragments('K-K')
    for (const fragment of fragments.slice(0, 1)) queue.add(fragment)
    queue.clear()
    expect(queue).toMatchObject({ bytes: 0, seconds: 0, empty: true })
    for (const fragment of fragments.slice(1)) queue.add(fragment)
    expect(takeAll(queue)).toEqual([2])
  })
})

function takeAll(queue: FragmentQueue): number[] {
  const numbers: number[] = []
  for (let next = queue.take(); next; next = queue.take()) numbers.push(next.number)
  return numbers
}
