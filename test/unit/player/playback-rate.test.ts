import { expect, test } from 'vitest'
import { LowWater } from '../../../player/src/watch/playback/low-water.ts'
import { playbackRate } from '../../../player/src/watch/playback/playback-rate.ts'
import { parseLatencyMode } from '../../../player/src/watch/view/latency-mode.ts'

test.each([
  ['where it aims to be', { latency: 0.7, target: 0.7, leastAhead: 0.5, rate: 1 }, 1],
  ['a little behind', { latency: 0.79, target: 0.7, leastAhead: 0.5, rate: 1 }, 1],
  ['a little behind while it catches up', { latency: 0.79, target: 0.7, leastAhead: 0.5, rate: 1.05 }, 1.05],
  ['behind', { latency: 0.9, target: 0.7, leastAhead: 0.5, rate: 1 }, 1.05],
  ['far behind', { latency: 1.5, target: 0.7, leastAhead: 0.5, rate: 1 }, 1.1],
  ['with too little loaded at times', { latency: 1.5, target: 0.7, leastAhead: 0.3, rate: 1.1 }, 1],
  ['ahead', { latency: 0.5, target: 0.7, leastAhead: 0.5, rate: 1.05 }, 1],
])('%s', (_, facts, expected) => {
  expect(playbackRate(facts)).toBe(expected)
})

test.each([
  ['smoothest', 'smoothest'],
  ['lowest', 'lowest'],
  ['nonsense', 'lowest'],
  [null, 'lowest'],
])('the mode remembered as %s is %s', (text, expected) => {
  expect(parseLatencyMode(text)).toBe(expected)
})

test('the least of the last second', () => {
  const lowWater = new LowWater(1000)
  const least = [
    [5, 0],
    [3, 400],
    [4, 900],
    [6, 1400],
    [7, 1500],
    [8, 2500],
  ].map(([value = 0, atMs = 0]) => lowWater.add(value, atMs))
  expect(least).toEqual([5, 3, 3, 3, 4, 7])
})
