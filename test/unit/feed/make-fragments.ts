import type { Epoch, Fragment } from '../../../src/feed/fragment.ts'

export function makeEpoch(id: string): Epoch {
  return { id, init: Buffer.from(`init-${id}`), video: null, audio: null }
}

export const epochA = makeEpoch('a')

/**
 * Fragments of a second and 10 bytes each, one per letter: K starts with a keyframe, anything else does not.
 * Their bytes say which one it is: `K0........`.
 */
export function makeFragments(pattern: string, epoch = epochA): Fragment[] {
  return [...pattern].map((letter, number) => ({
    epoch,
    number,
    bytes: Buffer.from(`${letter}${number}`.padEnd(10, '.')),
    startSeconds: number,
    durationSeconds: 1,
    keyframe: letter === 'K',
    videoFrames: 30,
    capturedAtMs: 0,
    arrivedAtMs: 0,
  }))
}
