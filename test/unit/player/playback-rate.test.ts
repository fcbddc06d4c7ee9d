import { expect, test } from 'vitest'
import { parseLatencyMode } from '../../../player/src/watch/latency-mode.ts'
import { playbackRate } from '../../../player/src/watch/playback-rate.ts'

test.each([
  ['where it aims to be', { latency: 0.7, target: 0.7, ahead: 0.5, rate: 1 }, 1],
  ['a little behind', { latency: 0.79, target: 0.7, ahead: 0.5, rate: 1 }, 1],
  ['a little behind while it catches up', { latency: 0.79, target: 0.7, ahead: 0.5, rate: 1.05 }, 1.05],
  ['behind', { latency: 0.9, target: 0.7, ahead: 0.5, rate: 1 }, 1.05],
  ['far behind', { latency: 1.5, target: 0.7, ahead: 0.5, rate: 1 }, 1.1],
  ['with too little loaded', { latency: 1.5, target: 0.7, ahead: 0.3, rate: 1.1 }, 1],
  ['ahead', { latency: 0.5, target: 0.7, ahead: 0.5, rate: 1.05 }, 1],
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
