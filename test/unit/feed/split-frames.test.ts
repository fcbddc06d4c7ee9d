import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitFrames } from '../../../src/feed/split-frames.ts'
import type { Sample } from '../../../src/mp4/sample.ts'
import { makeSamples } from '../../support/make-media.ts'

const timescales = { videoTimescale: 1000, audioTimescale: 48_000 }
const frames = (count: number, decodeTime = 0) =>
  makeSamples(
    Array.from({ length: count }, () => Buffer.alloc(1)),
    { decodeTime, duration: 40, sync: true },
  )
const aac = (count: number, decodeTime = 0) =>
  makeSamples(
    Array.from({ length: count }, () => Buffer.alloc(1)),
    { decodeTime, duration: 1024 },
  )

/** Each frame as `number of audio samples`. */
const shares = (video: Sample[], audio: Sample[]) =>
  splitFrames({ video, audio, ...timescales }).map((frame) => frame.audio.length)

describe('audio goes to the frame during which it begins', () => {
  test.each([
    // AAC frames begin at 0, 21, 43, 64, 85, 107, 128 ms; video frames at 0, 40, 80 ms.
    ['as long as the video', frames(3), aac(6), [2, 2, 2]],
    ['what begins later goes to the last', frames(3), aac(9), [2, 2, 5]],
    ['what began earlier goes to the first', frames(3, 100), aac(7), [7, 0, 0]],
    ['what begins with the next frame goes to it', frames(2), aac(2, 40 * 48), [0, 2]],
    ['all of it behind the video', frames(2), aac(2, 48_000), [0, 2]],
    ['no audio', frames(2), [], [0, 0]],
    ['one frame', frames(1), aac(3), [3]],
  ])('%s', (_, video, audio, expected) => {
    expect(shares(video, audio)).toEqual(expected)
  })
})

test('each frame has its times', () => {
  expect(
    splitFrames({ video: frames(2, 500), audio: aac(2, 24_000), ...timescales }).map(({ times }) => times),
  ).toEqual([
    {
      startSeconds: 0.5,
      durationSeconds: expect.closeTo(0.04, 9),
      videoFrames: 1,
      audioEndSeconds: expect.closeTo(0.5 + 2048 / 48_000, 9),
    },
    {
      startSeconds: 0.54,
      durationSeconds: expect.closeTo(0.04, 9),
      videoFrames: 1,
      audioEndSeconds: null,
    },
  ])
})

test('audio alone comes frame by frame, and nothing is none', () => {
  const alone = splitFrames({ video: [], audio: aac(3, 48_000), ...timescales })
  expect(alone.flatMap(({ video, audio }) => [video, audio])).toEqual(
    aac(3, 48_000).flatMap((sample) => [[], [sample]]),
  )
  expect(alone[2]?.times).toEqual({
    startSeconds: 50_048 / 48_000,
    durationSeconds: expect.closeTo(1024 / 48_000, 9),
    videoFrames: 0,
    audioEndSeconds: 51_072 / 48_000,
  })
  expect(splitFrames({ video: [], audio: [], ...timescales })).toEqual([])
})

test('nothing is lost, doubled or put out of order', () => {
  const anyAudio = fc
    .tuple(fc.nat({ max: 20_000 }), fc.nat({ max: 30 }))
    .map(([start, count]) => aac(count, start))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat({ max: 400 }), anyAudio, (count, start, audio) => {
      const split = splitFrames({ video: frames(count, start), audio, ...timescales })
      expect(split.flatMap(({ video }) => video)).toEqual(frames(count, start))
      expect(split.flatMap((frame) => frame.audio)).toEqual(audio)
    }),
  )
})
