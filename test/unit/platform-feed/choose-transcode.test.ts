import { describe, expect, test } from 'vitest'
import { encodedBitrateBps } from '../../../src/encoder/frame-size.ts'
import {
  chooseTranscode,
  encodedSize,
  type TranscodeFacts,
} from '../../../src/platform-feed/choose-transcode.ts'

const hd = { width: 1280, height: 720 }
const small = { width: 640, height: 360 }

/** A browser that publishes as it should, and was sent before. */
const good: TranscodeFacts = {
  video: hd,
  audio: true,
  sentSize: hd,
  keyframeSeconds: 2,
  encodedBecause: null,
}

const silence = 'Silence is added, because the stream has no sound.'
const picture = 'A dark picture is added, because the stream has none.'
const keyframes = 'The picture is encoded again, because its keyframes come 8.3 s apart.'
const size = 'The picture is encoded again, because its size changed from 1280×720 to 640×360.'

describe('the choice of a transcode', () => {
  test.each<{ name: string; facts: Partial<TranscodeFacts>; mode: string; reasons: string[] }>([
    { name: 'a stream that fits', facts: {}, mode: 'copy', reasons: [] },
    {
      name: 'keyframes at the worst distance',
      facts: { keyframeSeconds: 4.2 },
      mode: 'copy',
      reasons: [],
    },
    { name: 'no sound', facts: { audio: false }, mode: 'copy', reasons: [silence] },
    { name: 'no picture', facts: { video: null, keyframeSeconds: null }, mode: 'copy', reasons: [picture] },
    {
      name: 'no picture at the start',
      facts: { video: null, keyframeSeconds: null, sentSize: null },
      ...{ mode: 'copy', reasons: [picture] },
    },
    {
      name: 'keyframes too far apart',
      facts: { keyframeSeconds: 8.33 },
      ...{ mode: 'encode', reasons: [keyframes] },
    },
    {
      name: 'keyframes too far apart, and no sound',
      facts: { keyframeSeconds: 8.33, audio: false },
      ...{ mode: 'encode', reasons: [keyframes, silence] },
    },
    { name: 'another size than was sent', facts: { video: small }, mode: 'encode', reasons: [size] },
    {
      name: 'the first second, with one keyframe',
      facts: { sentSize: null, keyframeSeconds: null },
      ...{ mode: 'undecided', reasons: ['It waits for the second keyframe.'] },
    },
    {
      name: 'one keyframe, of a publisher who came back',
      facts: { keyframeSeconds: null },
      ...{ mode: 'copy', reasons: [] },
    },
    {
      name: 'a stream that fits again, but is encoded already',
      facts: { encodedBecause: 'its size changed from 1280×720 to 640×360' },
      ...{ mode: 'encode', reasons: [size] },
    },
    {
      name: 'a picture that is gone, but was encoded',
      facts: { video: null, keyframeSeconds: null, encodedBecause: 'its keyframes come 8.3 s apart' },
      ...{ mode: 'encode', reasons: [keyframes, picture] },
    },
  ])('for $name', ({ facts, mode, reasons }) => {
    expect(chooseTranscode({ ...good, ...facts })).toMatchObject({ mode, reasons })
  })
})

test.each([
  { video: hd, sentSize: null, size: hd },
  { video: small, sentSize: hd, size: hd },
  { video: hd, sentSize: small, size: hd },
  // Turned: what was sent stays.
  { video: { width: 720, height: 1280 }, sentSize: hd, size: hd },
  { video: { width: 641, height: 361 }, sentSize: null, size: small },
])('an encode gets the larger size, and an even one', ({ video, sentSize, size: expected }) => {
  expect(encodedSize(video, sentSize)).toEqual(expected)
})

test.each([
  { size: hd, bitrateBps: 2_500_000 },
  { size: small, bitrateBps: 2_500_000 },
  { size: { width: 1920, height: 1080 }, bitrateBps: 5_625_000 },
])('an encode of another size gets the bits that it needs', ({ size: wanted, bitrateBps }) => {
  expect(encodedBitrateBps(wanted, { ...hd, bitrateBps: 2_500_000 })).toBe(bitrateBps)
})
