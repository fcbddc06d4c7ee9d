import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { flvMuxer } from '../../../src/push/flv-muxer.ts'
import { makeEpoch, makeRenditions, makeSamples } from '../../support/make-media.ts'
import { makeFragments } from '../feed/make-fragments.ts'
import { readFlvTags } from './read-flv.ts'

const epoch = makeEpoch('a')
const bytes = (text: string) => Buffer.from(text)
const [anyFragment] = makeFragments('K', epoch)

function fragment(part: Partial<Fragment>): Fragment {
  if (!anyFragment) throw new Error('no fragment')
  return { ...anyFragment, audio: [], video: [[]], ...part }
}

/** Type, time and first bytes of the tags that a fragment becomes, without those of the beginning. */
function mediaTags(fragments: readonly Fragment[], of = epoch) {
  const muxer = flvMuxer(of)
  const tags = fragments.flatMap((each) => readFlvTags(muxer.mux(each)))
  return tags.filter(({ type, data }) => type !== 18 && data[1] !== 0)
}

const video = (decodeTime: number, text = 'v', options: { sync?: boolean; duration?: number } = {}) =>
  makeSamples([bytes(text)], { decodeTime, ...options })
const audio = (decodeTime: number, text = 'a') => makeSamples([bytes(text)], { decodeTime, duration: 1024 })

describe('the header', () => {
  test.each([
    [{}, 5],
    [{ audio: false }, 1],
    [{ video: false }, 4],
  ])('of %j says which tracks there are', (tracks, flags) => {
    const expected = Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0])
    expect(flvMuxer(makeEpoch('a', tracks)).header).toEqual(expected)
  })
})

describe('the first fragment', () => {
  test('brings the frame rate and what decodes the tracks, later ones only media', () => {
    const muxer = flvMuxer(epoch)
    const frames = makeSamples([bytes('k'), bytes('p')], { duration: 3003, sync: true })
    const [metadata, avc, aac, ...media] = readFlvTags(
      muxer.mux(fragment({ video: [frames], audio: audio(0) })),
    )
    // "onMetaData", then an ECMA array of one number: framerate.
    expect(metadata?.type).toBe(18)
    expect(metadata?.data.subarray(0, 3)).toEqual(Buffer.of(2, 0, 10))
    expect(metadata?.data.subarray(3, 13).toString()).toBe('onMetaData')
    expect(metadata?.data.subarray(13, 20)).toEqual(Buffer.of(8, 0, 0, 0, 1, 0, 9))
    expect(metadata?.data.subarray(20, 29).toString()).toBe('framerate')
    expect(metadata?.data[29]).toBe(0)
    expect(metadata?.data.readDoubleBE(30)).toBe(29.97)
    expect(metadata?.data.subarray(38)).toEqual(Buffer.of(0, 0, 9))
    expect(avc).toEqual({
      ...{ type: 9, timeMs: 0 },
      data: Buffer.concat([Buffer.of(0x17, 0, 0, 0, 0), bytes('avcC of 1280x720')]),
    })
    expect(aac).toEqual({ type: 8, timeMs: 0, data: Buffer.of(0xaf, 0, 0x11, 0x90) })
    expect(media).toHaveLength(3)
    expect(readFlvTags(muxer.mux(fragment({ video: [video(6006)] })))).toHaveLength(1)
  })

  test('says no frame rate when it has no picture', () => {
    const first = (of: typeof epoch) => readFlvTags(flvMuxer(of).mux(fragment({ audio: audio(0) })))
    expect(first(epoch).map(({ type }) => type)).toEqual([9, 8, 8])
    expect(first(makeEpoch('a', { video: false })).map(({ type }) => type)).toEqual([8, 8])
  })
})

describe('media', () => {
  test('is a key or inter frame of AVC, or a raw AAC frame', () => {
    const frames = [...video(0, 'key', { sync: true }), ...video(3000, 'inter')]
    expect(mediaTags([fragment({ video: [frames], audio: audio(480, 'sound') })])).toEqual([
      { type: 9, timeMs: 0, data: Buffer.concat([Buffer.of(0x17, 1, 0, 0, 0), bytes('key')]) },
      { type: 8, timeMs: 10, data: Buffer.concat([Buffer.of(0xaf, 1), bytes('sound')]) },
      { type: 9, timeMs: 33, data: Buffer.concat([Buffer.of(0x27, 1, 0, 0, 0), bytes('inter')]) },
    ])
  })

  test.each([
    [3000, 33],
    [-3000, -33],
    [0, 0],
    [2 ** 40, 0x7fffff],
    [-(2 ** 40), -0x800000],
  ])(
    'that is shown %d/90000 s after its decoding has a composition time of %d ms',
    (compositionOffset, ms) => {
      const frames = video(0).map((sample) => ({ ...sample, compositionOffset }))
      expect(mediaTags([fragment({ video: [frames] })])[0]?.data.readIntBE(2, 3)).toBe(ms)
    },
  )

  test('counts from the first fragment on, whenever that was', () => {
    const hour = 3_600
    const first = fragment({ video: [video(hour * 90_000)], audio: audio(hour * 48_000 + 480) })
    const second = fragment({ video: [video((hour + 1) * 90_000)], audio: audio(hour * 48_000 + 48_000) })
    expect(mediaTags([first, second]).map(({ type, timeMs }) => [type, timeMs])).toEqual([
      [9, 0],
      [8, 10],
      [9, 1_000],
      [8, 1_000],
    ])
  })

  test('from before the first fragment is left out', () => {
    const first = fragment({ video: [video(90_000)] })
    expect(mediaTags([first, fragment({ audio: [...audio(47_952), ...audio(48_000)] })])).toHaveLength(2)
  })

  test.each([
    ['2^24', 2 ** 24, 2 ** 24],
    ['2^31', 2 ** 31, 2 ** 31],
    ['2^32 - 1', 2 ** 32 - 1, 2 ** 32 - 1],
    ['2^32, where it begins anew', 2 ** 32 + 5, 5],
  ])('has the right time after %s ms', (_what, ms, timeMs) => {
    const tags = mediaTags([fragment({ video: [video(0)] }), fragment({ video: [video(ms * 90)] })])
    expect(tags[1]?.timeMs).toBe(timeMs)
  })

  test('is of the best rendition, and of the tracks of its epoch', () => {
    const renditions = [video(0, 'best'), video(0, 'small')]
    expect(mediaTags([fragment({ video: renditions })], makeRenditions('a', 2))).toMatchObject([
      { data: Buffer.concat([Buffer.of(0x27, 1, 0, 0, 0), bytes('best')]) },
    ])
    const both = fragment({ video: [video(0)], audio: audio(0) })
    expect(mediaTags([both], makeEpoch('a', { video: false })).map(({ type }) => type)).toEqual([8])
    expect(mediaTags([both], makeEpoch('a', { audio: false })).map(({ type }) => type)).toEqual([9])
  })

  test('of a fragment is all there, each track in its order, with times that never fall', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), (frames, sounds) => {
        const names = (prefix: string, count: number) =>
          Array.from({ length: count }, (_, i) => `${prefix}${i}`)
        const tags = mediaTags([
          fragment({
            video: [makeSamples(names('v', frames).map(bytes))],
            audio: makeSamples(names('a', sounds).map(bytes), { duration: 1024 }),
          }),
        ])
        const texts = (type: number, skip: number) =>
          tags.flatMap((tag) => (tag.type === type ? [tag.data.subarray(skip).toString()] : []))
        expect(texts(9, 5)).toEqual(names('v', frames))
        expect(texts(8, 2)).toEqual(names('a', sounds))
        const times = tags.map(({ timeMs }) => timeMs)
        expect(times).toEqual(times.toSorted((one, other) => one - other))
      }),
    )
  })
})
