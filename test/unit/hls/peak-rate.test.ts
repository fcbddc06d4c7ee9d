import { expect, test } from 'vitest'
import { PeakRate } from '../../../src/hls/peak-rate.ts'

test.each([
  ['nothing', [], 0],
  ['a segment too short to count', [[0.9, 5000]], 0],
  ['one segment', [[2, 1000]], 4000],
  [
    'the largest',
    [
      [2, 1000],
      [2, 3000],
      [2, 1000],
    ],
    12_000,
  ],
  [
    'short ones count together',
    [
      [0.5, 1000],
      [0.5, 3000],
      [2, 1000],
    ],
    32_000,
  ],
  [
    'a short burst between long ones does not count alone',
    [
      [2, 1000],
      [0.2, 1000],
      [2, 1000],
    ],
    (2000 * 8) / 2.2,
  ],
  [
    'a segment of no length does not count alone',
    [
      [0, 1000],
      [2, 1000],
    ],
    8000,
  ],
  [
    'rows of up to 1.5 target durations',
    [
      [1, 1000],
      [1, 1000],
      [1, 4000],
    ],
    32_000,
  ],
])('%s', (_, sizes, expected) => {
  const peak = new PeakRate(2)
  for (const [durationSeconds = 0, bytes = 0] of sizes) peak.add({ durationSeconds, bytes })
  expect(peak.bps).toBeCloseTo(expected, 6)
})
