import { describe, expect, test } from 'vitest'
import { readMovieFragment, type TrackSamples } from '../../../src/mp4/read-movie-fragment.ts'
import { box, fullBox, longBox, u32, u64 } from './make-box.ts'

const nonSync = 0x0101_0000
const sync = 0x0200_0000

const defaults = new Map([[1, { duration: 10, bytes: 0, flags: nonSync }]])
const tfhd = (flags: number, ...fields: number[]) => fullBox('tfhd', 0, flags, u32(...fields))
const tfdt = (time: number) => fullBox('tfdt', 0, 0, u32(time))
const trun = (flags: number, ...fields: number[]) => fullBox('trun', 0, flags, u32(...fields))
const moof = (...trafs: Buffer[][]) =>
  box('moof', fullBox('mfhd', 0, 0, u32(1)), ...trafs.map((traf) => box('traf', ...traf)))

/** What a fragment says of its only track: start, duration, whether its first sample is sync, and how many there are. */
function facts(bytes: Buffer, mdat = box('mdat')) {
  const [track]: (TrackSamples | undefined)[] = readMovieFragment(bytes, mdat, defaults)
  const samples = track?.samples ?? []
  const [first, last] = [samples[0], samples.at(-1)]
  const start = first?.decodeTime ?? Number.NaN
  return [start, (last?.decodeTime ?? 0) + (last?.duration ?? 0) - start, first?.sync, samples.length]
}

describe('readMovieFragment', () => {
  test.each([
    ['durations and flags of trex', [tfhd(0, 1), tfdt(500), trun(0, 3)], [500, 30, false, 3]],
    ['durations and flags of tfhd', [tfhd(0x28, 1, 20, sync), tfdt(0), trun(0, 3)], [0, 60, true, 3]],
    [
      'all optional fields of tfhd',
      [tfhd(0x3b, 1, 0, 77, 1, 30, 0, sync), tfdt(0), trun(0, 2)],
      [0, 60, true, 2],
    ],
    ['first_sample_flags', [tfhd(0, 1), tfdt(0), trun(0x5, 2, 88, sync)], [0, 20, true, 2]],
    [
      'first_sample_flags win over flags of samples',
      [tfhd(0, 1), tfdt(0), trun(0x404, 2, sync, nonSync, nonSync)],
      [0, 20, true, 2],
    ],
    [
      'first_sample_flags win over tfhd',
      [tfhd(0x20, 1, sync), tfdt(0), trun(0x4, 2, nonSync)],
      [0, 20, false, 2],
    ],
    ['durations of samples', [tfhd(0x8, 1, 5), tfdt(0), trun(0x100, 3, 1, 2, 4)], [0, 7, false, 3]],
    ['flags of samples', [tfhd(0, 1), tfdt(0), trun(0x400, 2, sync, nonSync)], [0, 20, true, 2]],
    [
      'all fields of samples',
      [tfhd(0, 1), tfdt(0), trun(0xf01, 2, 0, 3, 0, sync, 0, 4, 0, nonSync, 0)],
      [0, 7, true, 2],
    ],
    ['two truns', [tfhd(0, 1), tfdt(0), trun(0x4, 2, sync), trun(0x4, 1, nonSync)], [0, 30, true, 3]],
    ['an empty trun first', [tfhd(0, 1), tfdt(0), trun(0, 0), trun(0x4, 1, sync)], [0, 10, true, 1]],
    [
      'tfdt of 64 bits',
      [tfhd(0, 1), fullBox('tfdt', 1, 0, u64(2n ** 33n)), trun(0, 1)],
      [2 ** 33, 10, false, 1],
    ],
    ['a box size of 64 bits', [tfhd(0, 1), tfdt(0), longBox('trun', u32(0, 1))], [0, 10, false, 1]],
  ] as const)('%s', (_, traf, expected) => {
    expect(facts(moof([...traf]))).toEqual(expected)
  })

  test('each track has its own samples, wherever its traf is', () => {
    const videoTraf = [tfhd(0, 1), tfdt(100), trun(0x4, 1, sync)]
    const audioTraf = [tfhd(0x8, 2, 1024), tfdt(48_000), trun(0, 3)]
    const tracks = readMovieFragment(moof(audioTraf, videoTraf), box('mdat'), defaults)
    expect(
      tracks.map(({ trackId, samples }) => [trackId, samples.map(({ decodeTime }) => decodeTime)]),
    ).toEqual([
      [2, [48_000, 49_024, 50_048]],
      [1, [100]],
    ])
  })

  /** Bytes of a fragment whose truns begin at these offsets behind the header of the mdat. */
  function withData(truns: (from: number) => Buffer[], data: Buffer) {
    const build = (from: number) => moof([tfhd(0x10, 1, 2), tfdt(0), ...truns(from)])
    const from = build(100).length + 8
    return readMovieFragment(build(from), box('mdat', data), defaults)
      .flatMap(({ samples }) => samples)
      .map((sample) => sample.data.toString())
  }

  test.each([
    ['default size', (from: number) => [trun(0x1, 3, from)], ['ab', 'cd', 'ef']],
    ['own sizes', (from: number) => [trun(0x201, 3, from, 1, 0, 4)], ['a', '', 'bcde']],
    ['two truns', (from: number) => [trun(0x1, 1, from + 4), trun(0x1, 2, from)], ['ef', 'ab', 'cd']],
    ['a trun behind the one before', (from: number) => [trun(0x1, 1, from), trun(0, 2)], ['ab', 'cd', 'ef']],
  ])('bytes: %s', (_, truns, expected) => {
    expect(withData(truns, Buffer.from('abcdefgh'))).toEqual(expected)
  })

  test.each([
    ['in front', (from: number) => [trun(0x1, 1, from - 9)]],
    ['behind', (from: number) => [trun(0x1, 1, from + 7)]],
    ['far behind', (from: number) => [trun(0x201, 1, from, 0xffff_ffff)]],
  ])('bytes outside of the mdat are refused: %s', (_, truns) => {
    expect(() => withData(truns, Buffer.from('abcdefgh'))).toThrow('points outside of its mdat')
    const [last] = withData((from) => [trun(0x1, 1, from + 6)], Buffer.from('abcdefgh'))
    expect(last).toBe('gh')
  })

  test('composition offsets are signed in version 1 only', () => {
    const offsets = (version: number) =>
      readMovieFragment(
        moof([tfhd(0, 1), tfdt(0), fullBox('trun', version, 0x800, u32(2, 5, 0xffff_ffff))]),
        box('mdat'),
        defaults,
      ).flatMap(({ samples }) => samples.map(({ compositionOffset }) => compositionOffset))
    expect(offsets(0)).toEqual([5, 0xffff_ffff])
    expect(offsets(1)).toEqual([5, -1])
  })

  test.each([
    ['no moof', box('free'), 'no moof'],
    ['no tfhd', moof([tfdt(0), trun(0, 1)]), 'no tfhd'],
    ['no tfdt', moof([tfhd(0, 1), trun(0, 1)]), 'no tfdt'],
    ['a huge count', moof([tfhd(0, 1), tfdt(0), trun(0, 2 ** 32 - 1)]), 'samples'],
    ['more samples than bytes', moof([tfhd(0, 1), tfdt(0), trun(0x100, 1000, 1)]), 'too early'],
    ['tfhd without its fields', moof([tfhd(0x8, 1), tfdt(0), trun(0, 1)]), 'too early'],
    ['a time above 2^53', moof([tfhd(0, 1), fullBox('tfdt', 1, 0, u64(2n ** 60n)), trun(0, 1)]), 'holds'],
    ['a box size below 8', box('moof', u32(4), Buffer.from('traf')), 'size 4'],
    ['a box longer than its parent', box('moof', u32(40), Buffer.from('traf')), 'too early'],
    ['rest of less than a header', box('moof', Buffer.alloc(5)), 'too early'],
  ])('%s is refused', (_, bytes, text) => {
    expect(() => readMovieFragment(bytes, box('mdat'), defaults)).toThrow(
      expect.objectContaining({ code: 'FFMPEG_FAILED', message: expect.stringContaining(text) }),
    )
  })
})
