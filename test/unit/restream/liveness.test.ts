import { describe, expect, test } from 'vitest'
import { judgeLiveness } from '../../../src/restream/liveness.ts'

const limits = { connectMs: 15_000, stallMs: 10_000 }

describe('judgeLiveness', () => {
  test.each([
    { what: 'just started', movedAtMs: null, offeredSeconds: 0, nowMs: 0, is: 'connecting' },
    { what: 'slow to connect', movedAtMs: null, offeredSeconds: 15, nowMs: 15_000, is: 'connecting' },
    { what: 'never connects', movedAtMs: null, offeredSeconds: 15, nowMs: 15_001, is: 'stalled' },
    { what: 'moves', movedAtMs: 900, offeredSeconds: 0.2, nowMs: 1_000, is: 'live' },
    { what: 'hesitates', movedAtMs: 1_000, offeredSeconds: 10, nowMs: 11_000, is: 'live' },
    { what: 'is wedged', movedAtMs: 1_000, offeredSeconds: 10.2, nowMs: 11_200, is: 'stalled' },
    { what: 'has nothing to send', movedAtMs: 1_000, offeredSeconds: 0.4, nowMs: 99_000, is: 'live' },
    { what: 'got much at once', movedAtMs: 1_000, offeredSeconds: 60, nowMs: 2_000, is: 'live' },
  ])('$what → $is', ({ movedAtMs, offeredSeconds, nowMs, is }) => {
    expect(judgeLiveness({ startedAtMs: 0, movedAtMs, offeredSeconds }, nowMs, limits)).toBe(is)
  })
})
