import { describe, expect, it } from 'vitest'
import { FragmentJoiner, type Piece } from '../../../src/feed/fragment-joiner.ts'
import { fragmentLengthOf, shortestShare } from '../../../src/feed/fragment-length.ts'
import { makeSamples } from '../../support/make-media.ts'

type Given = { ms: number; keyframe?: boolean }

/** Joins pieces that follow one another and tells each fragment as `milliseconds × pieces`, keyframes with a K. */
function joined(samples: readonly Given[]): string[] {
  const joiner = new FragmentJoiner(fragmentLengthOf(0.2))
  let atMs = 0
  return samples.flatMap(({ ms, keyframe = false }) => {
    const piece: Piece = {
      audio: makeSamples([Buffer.alloc(1)]),
      video: [ms > 0 ? makeSamples([Buffer.alloc(1)]) : []],
      startSeconds: atMs / 1000,
      durationSeconds: ms / 1000,
      keyframe,
      capturedAtMs: 1_000 + atMs,
    }
    atMs += ms
    return joiner.push(piece).map(told)
  })
}

function told({ durationSeconds, keyframe, audio }: Piece): string {
  return `${keyframe ? 'K' : ''}${Math.round(durationSeconds * 1000)}×${audio.length}`
}

function frames(count: number, ms: number): Given[] {
  return Array.from({ length: count }, () => ({ ms }))
}

describe('fragmentLengthOf', () => {
  it.each([0.1, 0.2, 0.25, 0.333, 0.5, 1])('%f s: short fragments may still be parts', (seconds) => {
    const { shortestSeconds, longestSeconds } = fragmentLengthOf(seconds)
    expect(shortestSeconds).toBeGreaterThanOrEqual(shortestShare * longestSeconds)
    expect(shortestSeconds).toBeLessThan(seconds)
    expect(longestSeconds).toBeGreaterThan(seconds)
    // PART-TARGET is written with three decimals.
    expect(Math.abs(longestSeconds * 1000 - Math.round(longestSeconds * 1000))).toBeLessThan(1e-9)
  })
})

describe('FragmentJoiner', () => {
  it.each([
    [60, 16.667, 11],
    [30, 33.333, 6],
    [25, 40, 5],
    [24, 41.667, 5],
    [20, 50, 4],
    [15, 66.667, 3],
    [10, 100, 2],
    [5, 200, 1],
  ])('%i frames a second', (_rate, ms, perFragment) => {
    const fragments = joined(frames(perFragment * 3, ms))
    expect(fragments).toEqual(Array(3).fill(`${Math.round(ms * perFragment)}×${perFragment}`))
  })

  it('waits for one frame more when frames come early', () => {
    expect(joined(frames(7, 29.9))).toEqual(['209×7'])
  })

  it('ends before the late frame that would make it longer than PART-TARGET', () => {
    expect(joined([...frames(5, 33), { ms: 66 }, ...frames(4, 33)])).toEqual(['165×5', '198×5'])
  })

  it('takes a late frame that fits', () => {
    expect(joined([...frames(4, 33), { ms: 66 }])).toEqual(['198×5'])
  })

  it('starts a fragment with each keyframe', () => {
    const samples = [
      { ms: 33, keyframe: true },
      ...frames(6, 33),
      { ms: 33, keyframe: true },
      ...frames(5, 33),
    ]
    expect(joined(samples)).toEqual(['K198×6', '33×1', 'K198×6'])
  })

  it('lets a frame be longer than all limits when there is only one', () => {
    expect(joined([...frames(2, 33), { ms: 700 }, ...frames(6, 33)])).toEqual(['66×2', '700×1', '198×6'])
  })

  it('gives what takes no time to the next', () => {
    const samples = [{ ms: 0 }, { ms: 33, keyframe: true }, ...frames(5, 33)]
    expect(joined(samples)).toEqual(['K198×7'])
  })

  it.each([
    ['audio alone', 1024 / 48, 9, 'K192×9'],
    ['audio in pairs', 2048 / 48, 5, 'K213×5'],
  ])('%s', (_name, ms, count, expected) => {
    const joiner = new FragmentJoiner(fragmentLengthOf(0.2))
    const fragments = Array.from({ length: count * 3 }, (_, index) =>
      joiner.push({
        startSeconds: (index * ms) / 1000,
        durationSeconds: ms / 1000,
        // What a stream of audio alone says of each piece.
        keyframe: true,
        audio: makeSamples([Buffer.alloc(1)]),
        video: [],
        capturedAtMs: 0,
      }),
    ).flat()
    expect(fragments.map(told)).toEqual([expected, expected, expected])
  })
})
