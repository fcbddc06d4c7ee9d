import { expect, test } from 'vitest'
import { bestVideo, decodesAlike, type Epoch, newEpoch, singleRendition } from '../../../src/feed/epoch.ts'
import { mediaBytes, videoFrames } from '../../../src/feed/fragment.ts'
import { makeAudioTrack, makeRenditions, makeSamples, makeVideoTrack } from '../../support/make-media.ts'

const both = makeRenditions('a', 2)
const small = makeVideoTrack({ width: 320, height: 180 })

test.each<[string, Epoch, boolean]>([
  ['the same tracks under another id', makeRenditions('b', 2), true],
  ['without audio', makeRenditions('b', 2, false), false],
  ['with other audio', { ...both, audio: makeAudioTrack({ sampleEntry: Buffer.from('other') }) }, false],
  ['with audio of another timescale', { ...both, audio: makeAudioTrack({ timescale: 44_100 }) }, false],
  ['with fewer renditions', makeRenditions('b', 1), false],
  ['with more renditions', makeRenditions('b', 3), false],
  ['with a smaller one', { ...both, renditions: both.renditions.with(1, { id: 'v1', video: small }) }, false],
  ['with another name', { ...both, renditions: both.renditions.map((one) => ({ ...one, id: 'v9' })) }, false],
])('an epoch decodes like another %s: %s', (_, other, expected) => {
  expect(decodesAlike(both, other)).toBe(expected)
  expect(decodesAlike(other, both)).toBe(expected)
})

test('without audio alike when neither has any', () => {
  expect(decodesAlike(makeRenditions('a', 1, false), makeRenditions('b', 1, false))).toBe(true)
})

test('every epoch has an id of its own that fits a URL', () => {
  const ids = Array.from({ length: 50 }, () => newEpoch(both).id)
  expect(new Set(ids).size).toBe(50)
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/)
})

test('the best video is the first', () => {
  expect(bestVideo(both)).toBe(both.renditions[0]?.video)
  expect(bestVideo(singleRendition(null, makeAudioTrack()))).toBeNull()
  expect(singleRendition(small, null).renditions).toEqual([{ id: 'v0', video: small }])
})

test('a fragment’s bytes are those of all samples, its frames those of the best rendition', () => {
  const media = {
    audio: makeSamples([Buffer.alloc(1), Buffer.alloc(2)]),
    video: [makeSamples([Buffer.alloc(10), Buffer.alloc(20)]), makeSamples([Buffer.alloc(100)])],
  }
  expect(mediaBytes(media)).toBe(133)
  expect(videoFrames(media)).toBe(2)
  expect(videoFrames({ video: [] })).toBe(0)
})
