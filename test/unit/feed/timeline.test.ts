import { describe, expect, it } from 'vitest'
import { Timeline } from '../../../src/feed/timeline.ts'

/** Times in ms; without `frames` it is audio alone. */
type Given = { at: number; lasts: number; frames?: number; audioEnds?: number }

/** What counts, as `start+duration` in ms. */
function counted(pieces: readonly Given[]): string[] {
  const timeline = new Timeline(0.214)
  return pieces.map(({ at, lasts, frames = 0, audioEnds = frames === 0 ? at + lasts : undefined }) => {
    const { startSeconds, durationSeconds } = timeline.add({
      startSeconds: at / 1000,
      durationSeconds: lasts / 1000,
      videoFrames: frames,
      audioEndSeconds: audioEnds === undefined ? null : audioEnds / 1000,
    })
    return `${Math.round(startSeconds * 1000)}+${Math.round(durationSeconds * 1000)}`
  })
}

describe('Timeline', () => {
  it.each<[string, Given[], string[]]>([
    [
      'pictures count, whatever the sound does',
      [
        { at: 0, lasts: 33, frames: 1, audioEnds: 21 },
        { at: 33, lasts: 34, frames: 1, audioEnds: 64 },
        { at: 67, lasts: 66, frames: 2, audioEnds: 170 },
      ],
      ['0+33', '33+34', '67+66'],
    ],
    [
      'sound of a picture that came already takes no time',
      [
        { at: 0, lasts: 80, frames: 1, audioEnds: 40 },
        { at: 40, lasts: 43 },
        { at: 80, lasts: 80, frames: 1 },
      ],
      ['0+80', '80+0', '80+80'],
    ],
    [
      'a frame that stays is told by the sound',
      [
        { at: 0, lasts: 500, frames: 1, audioEnds: 40 },
        { at: 40, lasts: 200 },
        { at: 240, lasts: 240 },
        { at: 500, lasts: 500, frames: 1, audioEnds: 520 },
        { at: 520, lasts: 600 },
      ],
      // The last sound is ahead of its picture by too little for it to be gone.
      ['0+40', '40+200', '240+240', '480+40', '520+600'],
    ],
    [
      'a frame that stays, without sound',
      [
        { at: 0, lasts: 500, frames: 1 },
        { at: 500, lasts: 500, frames: 1 },
      ],
      ['0+500', '500+500'],
    ],
    [
      'sound goes on without a picture, and the picture comes back',
      [
        { at: 0, lasts: 33, frames: 1, audioEnds: 21 },
        { at: 21, lasts: 43 },
        { at: 64, lasts: 85 },
        { at: 149, lasts: 43 },
        { at: 180, lasts: 40, frames: 1, audioEnds: 213 },
      ],
      ['0+33', '33+0', '33+116', '149+43', '192+28'],
    ],
    [
      'sound alone',
      [
        { at: -21, lasts: 192 },
        { at: 171, lasts: 192 },
      ],
      ['-21+192', '171+192'],
    ],
    [
      'a hole without sound stays one',
      [
        { at: 0, lasts: 33, frames: 1 },
        { at: 2000, lasts: 33, frames: 1 },
      ],
      ['0+33', '2000+33'],
    ],
    [
      'time never goes back',
      [
        { at: 1000, lasts: 33, frames: 1 },
        { at: 500, lasts: 33, frames: 1 },
        { at: 1020, lasts: 33, frames: 1 },
      ],
      ['1000+33', '1033+0', '1033+20'],
    ],
  ])('%s', (_name, pieces, expected) => {
    expect(counted(pieces)).toEqual(expected)
  })
})
