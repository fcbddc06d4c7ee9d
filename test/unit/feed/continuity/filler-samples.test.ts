import { describe, expect, test } from 'vitest'
import { FilledEpoch } from '../../../../src/feed/continuity/filled-epoch.ts'
import type { Filler } from '../../../../src/feed/continuity/filler.ts'
import type { Fragment } from '../../../../src/feed/fragment.ts'
import { makeAudioTrack, makeEpoch, makeVideoTrack } from '../../../support/make-media.ts'
import { makeFragment } from '../../hls/make-fragments.ts'

const silence: Filler = {
  kind: 'audio',
  track: makeAudioTrack({ timescale: 10 }),
  duration: 1,
  samples: [Buffer.from('silence')],
}
/** A group of three pictures, ten a second. */
const picture: Filler = {
  kind: 'video',
  track: makeVideoTrack({ timescale: 100 }),
  duration: 10,
  samples: ['K', 'a', 'b'].map((text) => Buffer.from(text)),
}

/** Fragments at these times, of 0.2 s unless told otherwise. */
function filled(filler: Filler, ...times: (number | [number, number])[]): Fragment[] {
  const source = makeEpoch('s', filler.kind === 'audio' ? { audio: false } : { video: false })
  const epoch = new FilledEpoch(source, filler)
  return times.map((time) => {
    const [startSeconds, durationSeconds] = typeof time === 'number' ? [time, 0.2] : time
    return epoch.fill(makeFragment({ epoch: source, startSeconds, durationSeconds, keyframe: true }))
  })
}

const audioTimes = (fragments: Fragment[]) =>
  fragments.map(({ audio }) => audio.map(({ decodeTime }) => decodeTime))
const pictures = (fragments: Fragment[]) =>
  fragments.map(({ video, keyframe }) => [video[0]?.map(({ data }) => data.toString()).join(''), keyframe])

describe('FilledEpoch', () => {
  test('each sample begins in its fragment, whatever the times are', () => {
    expect(audioTimes(filled(silence, 0, 0.2, [0.4, 0.05], [0.45, 0.1]))).toEqual([[0, 1], [2, 3], [4], [5]])
    expect(audioTimes(filled(silence, 7.05, 7.25))).toEqual([
      [71, 72],
      [73, 74],
    ])
  })

  test('a hole is filled, one of more than 10 s is not', () => {
    expect(audioTimes(filled(silence, 0, 0.5))[1]).toEqual([2, 3, 4, 5, 6])
    expect(audioTimes(filled(silence, 0, 10))[1]).toEqual(Array.from({ length: 100 }, (_, at) => at + 2))
    expect(audioTimes(filled(silence, 0, 10.4))[1]).toEqual([104, 105])
  })

  test('a fragment that claims to last for hours gets 10 s', () => {
    const [fragment = []] = audioTimes(filled(silence, [0, 7200]))
    expect([fragment.length, fragment[0], fragment.at(-1)]).toEqual([100, 71_900, 71_999])
  })

  test('a fragment that is told twice gets nothing the second time', () => {
    expect(audioTimes(filled(silence, 1, 1))).toEqual([[10, 11], []])
  })

  test('silence is sync, and the video stays as it is', () => {
    const [fragment] = filled(silence, 0)
    expect(fragment?.audio[1]).toEqual({
      data: Buffer.from('silence'),
      decodeTime: 1,
      duration: 1,
      compositionOffset: 0,
      sync: true,
    })
    expect(fragment).toMatchObject({
      keyframe: true,
      epoch: { renditions: [{ id: 'v0' }], audio: silence.track },
    })
    expect(fragment?.video[0]).toHaveLength(6)
  })

  test('a group of pictures begins anew when its rest does not fill a fragment', () => {
    const fragments = filled(picture, [0, 0.1], [0.1, 0.1], [0.2, 0.2], [0.4, 0.1], [0.5, 0.1], [0.6, 0.5])
    expect(pictures(fragments)).toEqual([
      ['K', true],
      ['a', false],
      ['Ka', true],
      ['b', false],
      ['K', true],
      ['KabKa', true],
    ])
    expect(fragments[5]?.video[0]?.map(({ decodeTime, sync }) => [decodeTime, sync])).toEqual([
      [60, true],
      [70, false],
      [80, false],
      [90, true],
      [100, false],
    ])
    expect(fragments[0]).toMatchObject({ epoch: { renditions: [{ id: 'v0', video: picture.track }] } })
  })

  test('a fragment too short for a picture is no keyframe', () => {
    expect(pictures(filled(picture, [0, 0.1], [0.1, 0], [0.1, 0.1]))).toEqual([
      ['K', true],
      ['', false],
      ['a', false],
    ])
  })
})
