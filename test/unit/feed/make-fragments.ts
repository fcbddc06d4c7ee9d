import type { Fragment } from '../../../src/feed/fragment.ts'
import type { Muxer } from '../../../src/feed/muxer.ts'
import { makeEpoch, makeSamples } from '../../support/make-media.ts'

export const epochA = makeEpoch('a')

/**
 * Fragments of a second and 10 bytes each, one per letter: K starts with a keyframe, anything else does not.
 * Their bytes say which one it is: `K0........`.
 */
export function makeFragments(pattern: string, epoch = epochA): Fragment[] {
  return [...pattern].map((letter, number) => ({
    epoch,
    number,
    startSeconds: number,
    durationSeconds: 1,
    keyframe: letter === 'K',
    audio: [],
    video: [makeSamples([Buffer.from(`${letter}${number}`.padEnd(10, '.'))], { sync: letter === 'K' })],
    capturedAtMs: 0,
    arrivedAtMs: 0,
  }))
}

/** Writes the samples' bytes as they are, behind `in`. */
export const plainMuxer: Muxer = {
  header: Buffer.from('in'),
  mux: ({ audio, video }) => Buffer.concat([...audio, ...video.flat()].map(({ data }) => data)),
}
