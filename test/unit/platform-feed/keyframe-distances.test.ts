import { describe, expect, test } from 'vitest'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { KeyframeDistances } from '../../../src/platform-feed/keyframe-distances.ts'
import { makeEpoch } from '../../support/make-media.ts'

/** Fragments of 0.5 s, a keyframe at each of these times; the last time is the end. */
function* epoch(...keyframes: number[]): Generator<Fragment> {
  const shared = makeEpoch('epoch')
  const [first = 0, end = 0] = [keyframes[0], keyframes.at(-1)]
  for (let startSeconds = first; startSeconds < end; startSeconds += 0.5) {
    yield {
      ...{ epoch: shared, number: 0, audio: [], video: [], startSeconds, durationSeconds: 0.5 },
      ...{ keyframe: keyframes.includes(startSeconds), capturedAtMs: 0, arrivedAtMs: 0 },
    }
  }
}

function typical(...epochs: Iterable<Fragment>[]): number | null {
  const distances = new KeyframeDistances()
  for (const one of epochs) for (const fragment of one) distances.add(fragment)
  return distances.typicalSeconds
}

describe('the typical distance', () => {
  test.each([
    { name: 'is not known before the second keyframe', keyframes: [0, 4], seconds: null },
    { name: 'is the first one, when there is one', keyframes: [0, 1, 2], seconds: 1 },
    { name: 'counts an unfinished one that is too long', keyframes: [0, 4.5], seconds: 4.5 },
    { name: 'is not changed by a single late keyframe', keyframes: [0, 1, 3, 5, 11, 13], seconds: 2 },
    { name: 'is not changed by an unfinished one either', keyframes: [0, 1, 3, 5, 11], seconds: 2 },
    { name: 'follows when keyframes come late for good', keyframes: [0, 2, 4, 12, 20, 28], seconds: 8 },
    { name: 'forgets what was long ago', keyframes: [0, 8, 16, 24, 26, 28, 30, 32, 34], seconds: 2 },
    { name: 'may begin anywhere in an epoch', keyframes: [100, 102, 103], seconds: 2 },
  ])('$name', ({ keyframes, seconds }) => {
    expect(typical(epoch(...keyframes))).toBe(seconds)
  })

  test('is not known in a new epoch', () => {
    expect(typical(epoch(0, 8, 16, 24), epoch(0, 2))).toBeNull()
  })
})
