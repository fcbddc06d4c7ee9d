import { expect, test } from 'vitest'
import { linearFit } from '../../../scripts/bench/linear-fit.ts'

test('finds the line that points lie on', () => {
  const { slope, intercept } = linearFit([1, 2, 5, 9].map((x) => ({ x, y: 3 * x - 7 })))
  expect(slope).toBeCloseTo(3, 10)
  expect(intercept).toBeCloseTo(-7, 10)
})

test('finds the line of least squares between points that lie on none', () => {
  const points = [
    { x: 0, y: 1 },
    { x: 1, y: 0 },
    { x: 2, y: 5 },
  ]
  const { slope, intercept } = linearFit(points)
  expect(slope).toBeCloseTo(2, 10)
  expect(intercept).toBeCloseTo(0, 10)
})

test('is exact far away from 0, where times since 1970 are', () => {
  const { slope } = linearFit([0, 1, 2, 3].map((x) => ({ x: 1.7e12 + x, y: 2 * x })))
  expect(slope).toBeCloseTo(2, 6)
})

test.each([
  { points: [] },
  { points: [{ x: 1, y: 1 }] },
  {
    points: [
      { x: 1, y: 1 },
      { x: 1, y: 2 },
    ],
  },
])('refuses $points, through which no one line goes', ({ points }) => {
  expect(() => linearFit(points)).toThrow(RangeError)
})
