import { describe, expect, test } from 'vitest'
import { ByteRate } from '../../../src/push/byte-rate.ts'

describe('ByteRate', () => {
  test.each([
    { what: 'nothing was added', samples: [], nowMs: 0, bps: 0 },
    { what: 'one sample says nothing', samples: [[0, 5_000]], nowMs: 100, bps: 0 },
    {
      what: 'two samples',
      samples: [
        [0, 1_000],
        [1_000, 2_000],
      ],
      nowMs: 1_000,
      bps: 8_000,
    },
    {
      what: 'old samples do not count',
      samples: [
        [0, 0],
        [6_000, 9_000],
        [7_000, 10_000],
      ],
      nowMs: 7_000,
      bps: 8_000,
    },
    {
      what: 'silence ends it',
      samples: [
        [0, 0],
        [1_000, 9_000],
      ],
      nowMs: 20_000,
      bps: 0,
    },
    {
      what: 'a count that stands still',
      samples: [
        [0, 9_000],
        [1_000, 9_000],
      ],
      nowMs: 1_000,
      bps: 0,
    },
  ])('$what → $bps bit/s', ({ samples, nowMs, bps }) => {
    const rate = new ByteRate(5_000)
    for (const [atMs = 0, totalBytes = 0] of samples) rate.add(totalBytes, atMs)
    expect(rate.bitrateBps(nowMs)).toBe(bps)
  })
})
