import { expect, test } from 'vitest'
import {
  type ClockBounds,
  clockOffsetMs,
  narrowClockBounds,
} from '../../../player/src/common/clock-bounds.ts'

/** The bounds after answers that took 40 ms, from a server whose clock is `offsetMs` ahead. */
function boundsAfter(offsetMs: number, sentMs: number[]): ClockBounds | null {
  let bounds: ClockBounds | null = null
  for (const sent of sentMs) {
    const dateMs = Math.floor((sent + 20 + offsetMs) / 1000) * 1000
    bounds = narrowClockBounds(bounds, { dateMs, sentMs: sent, receivedMs: sent + 40 })
  }
  return bounds
}

test.each([0, 350, -350, 5000, -86_400_000])('a server %d ms ahead is found', (offsetMs) => {
  const sent = Array.from({ length: 30 }, (_, i) => 1_000_000_000 + i * 2130)
  const bounds = boundsAfter(offsetMs, sent)
  expect(bounds?.minMs).toBeLessThanOrEqual(offsetMs)
  expect(bounds?.maxMs).toBeGreaterThanOrEqual(offsetMs)
  expect(Math.abs(clockOffsetMs(bounds) - offsetMs)).toBeLessThan(100)
})

test('no answer and an exact clock need no correction', () => {
  expect(clockOffsetMs(null)).toBe(0)
  expect(clockOffsetMs({ minMs: -30, maxMs: 970 })).toBe(0)
})

test('a clock that was set starts the search anew', () => {
  const known = { minMs: 0, maxMs: 10 }
  const bounds = narrowClockBounds(known, { dateMs: 60_000, sentMs: 0, receivedMs: 40 })
  expect(bounds).toEqual({ minMs: 59_960, maxMs: 60_999 })
})
