import { expect, test } from 'vitest'
import { median, percentile, summarize } from '../../../scripts/bench/stats.ts'

test.each([
  { values: [3], share: 0.5, expected: 3 },
  { values: [3, 1, 2], share: 0.5, expected: 2 },
  { values: [4, 1, 2, 3], share: 0.5, expected: 2.5 },
  { values: [10, 20, 30, 40, 50], share: 0, expected: 10 },
  { values: [10, 20, 30, 40, 50], share: 1, expected: 50 },
  { values: [10, 20, 30, 40, 50], share: 0.95, expected: 48 },
])('percentile $share of $values is $expected', ({ values, share, expected }) => {
  expect(percentile(values, share)).toBeCloseTo(expected, 10)
})

test('does not sort numbers as texts', () => {
  expect(median([9, 10, 100])).toBe(10)
})

test('leaves the order of what it was given alone', () => {
  const values = [3, 1, 2]
  median(values)
  expect(values).toEqual([3, 1, 2])
})

test('refuses to take a percentile of nothing', () => {
  expect(() => percentile([], 0.5)).toThrow(RangeError)
})

test('summarizes runs', () => {
  expect(summarize([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5, runs: 3 })
})
