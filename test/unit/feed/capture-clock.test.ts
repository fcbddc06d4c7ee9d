import { describe, expect, test } from 'vitest'
import { CaptureClock } from '../../../src/feed/capture-clock.ts'

const originMs = 1_700_000_000_000
const piece = (startSeconds: number) => ({ startSeconds, durationSeconds: 0.2 })
/** When a piece would come without any delay. */
const endMs = (startSeconds: number) => originMs + (startSeconds + 0.2) * 1000

describe('without reference times', () => {
  test('the capture time follows the arrivals', () => {
    const clock = new CaptureClock()
    for (const start of [0, 0.2, 0.4]) {
      expect(clock.capturedAtMs(piece(start), endMs(start))).toBeCloseTo(originMs + start * 1000, 3)
    }
  })

  test('a piece that comes late does not move the clock', () => {
    const clock = new CaptureClock()
    clock.capturedAtMs(piece(0), endMs(0) + 50)
    expect(clock.capturedAtMs(piece(0.2), endMs(0.2) + 900)).toBeCloseTo(originMs + 250, 3)
    expect(clock.capturedAtMs(piece(0.4), endMs(0.4) + 50)).toBeCloseTo(originMs + 450, 3)
  })

  test('one that comes earlier than all before sets it right', () => {
    const clock = new CaptureClock()
    clock.capturedAtMs(piece(0), endMs(0) + 400)
    expect(clock.capturedAtMs(piece(0.2), endMs(0.2) + 30)).toBeCloseTo(originMs + 230, 3)
    expect(clock.capturedAtMs(piece(0.4), endMs(0.4) + 400)).toBeCloseTo(originMs + 430, 3)
  })
})

describe('the time at which media began to flow', () => {
  test('counts more than the arrival of the first piece, which waited for the packager to start', () => {
    const clock = new CaptureClock()
    clock.beganBefore(originMs + 20)
    expect(clock.capturedAtMs(piece(0), endMs(0) + 600)).toBeCloseTo(originMs + 20, 3)
    expect(clock.capturedAtMs(piece(0.2), endMs(0.2) + 450)).toBeCloseTo(originMs + 220, 3)
  })

  test('counts less than an arrival that was earlier', () => {
    const clock = new CaptureClock()
    clock.beganBefore(originMs + 300)
    expect(clock.capturedAtMs(piece(0), endMs(0) + 40)).toBeCloseTo(originMs + 40, 3)
  })
})

describe('a reference time', () => {
  test.each([
    { what: 'of a capture some time ago', delayMs: 350, taken: true },
    { what: 'of a capture just as long ago as the piece lasts', delayMs: 200, taken: true },
    { what: 'of the writing, which is no capture time', delayMs: 5, taken: false },
    { what: 'of the future', delayMs: -1_000, taken: false },
    { what: 'of a broken clock', delayMs: 30_000, taken: false },
    { what: 'of 1970', delayMs: originMs, taken: false },
  ])('$what: taken $taken', ({ delayMs, taken }) => {
    const arrivedAtMs = endMs(1) + 40
    const referenceMs = arrivedAtMs - delayMs
    const captured = new CaptureClock().capturedAtMs(piece(1), arrivedAtMs, referenceMs)
    if (taken) expect(captured).toBe(referenceMs)
    else expect(captured).toBeCloseTo(originMs + 1_040, 3)
  })
})

describe("a step of the clock that reference times are read from (the publisher's, or the system's)", () => {
  test.each([
    { what: 'an hour forward', byMs: 3_600_000 },
    { what: 'an hour back', byMs: -3_600_000 },
    { what: 'a few seconds back, which looks like a delay', byMs: -5_000 },
    { what: 'a few seconds forward', byMs: 5_000 },
  ])('$what changes no capture time', ({ byMs }) => {
    const clock = new CaptureClock()
    const starts = [0, 0.2, 0.4, 0.6, 0.8, 1]
    const captured = starts.map((start) =>
      clock.capturedAtMs(
        piece(start),
        endMs(start) + 100,
        originMs + start * 1000 + (start > 0.5 ? byMs : 0),
      ),
    )
    for (const [index, start] of starts.entries())
      expect(captured[index]).toBeCloseTo(originMs + start * 1000, 3)
  })
})
