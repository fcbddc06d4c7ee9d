import { expect, test } from 'vitest'
import { keyframeSecondsOf } from '../../../src/feed/keyframe-cadence.ts'

test.each([
  { segmentSeconds: 1, seconds: 1 },
  { segmentSeconds: 2, seconds: 2 },
  { segmentSeconds: 3, seconds: 1.5 },
  { segmentSeconds: 4, seconds: 2 },
  { segmentSeconds: 5, seconds: 5 / 3 },
  { segmentSeconds: 10, seconds: 2 },
])('segments of $segmentSeconds s get keyframes every $seconds s', ({ segmentSeconds, seconds }) => {
  expect(keyframeSecondsOf(segmentSeconds)).toBeCloseTo(seconds, 9)
})
