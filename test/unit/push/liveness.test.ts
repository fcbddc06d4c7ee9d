import { describe, expect, test } from 'vitest'
import { judgeLiveness } from '../../../src/push/liveness.ts'

const limits = { answerMs: 8_000, stallMs: 3_000, deadMs: 10_000 }

describe('judgeLiveness', () => {
  test.each([
    { what: 'just started', movedAtMs: null, offeredSeconds: 0, nowMs: 0, is: 'connecting' },
    { what: 'slow to answer', movedAtMs: null, offeredSeconds: 8, nowMs: 8_000, is: 'connecting' },
    { what: 'never answers', movedAtMs: null, offeredSeconds: 8, nowMs: 8_001, is: 'dead' },
    { what: 'moves', movedAtMs: 900, offeredSeconds: 0.2, nowMs: 1_000, is: 'live' },
    { what: 'hesitates', movedAtMs: 1_000, offeredSeconds: 3, nowMs: 4_000, is: 'live' },
    { what: 'stops', movedAtMs: 1_000, offeredSeconds: 3.2, nowMs: 4_200, is: 'stalled' },
    { what: 'may go on', movedAtMs: 1_000, offeredSeconds: 10, nowMs: 11_000, is: 'stalled' },
    { what: 'is wedged', movedAtMs: 1_000, offeredSeconds: 10.2, nowMs: 11_200, is: 'dead' },
    { what: 'has nothing to send', movedAtMs: 1_000, offeredSeconds: 0.4, nowMs: 99_000, is: 'live' },
    { what: 'got much at once', movedAtMs: 1_000, offeredSeconds: 60, nowMs: 2_000, is: 'live' },
  ])('$what → $is', ({ movedAtMs, offeredSeconds, nowMs, is }) => {
    expect(judgeLiveness({ startedAtMs: 0, movedAtMs, offeredSeconds }, nowMs, limits)).toBe(is)
  })
})
