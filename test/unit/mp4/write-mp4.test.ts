import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BoxReader } from '../../../src/mp4/box-reader.ts'
import { readInit } from '../../../src/mp4/read-init.ts'
import { readMovieFragment } from '../../../src/mp4/read-movie-fragment.ts'
import type { Sample } from '../../../src/mp4/sample.ts'
import { writeInit } from '../../../src/mp4/write-init.ts'
import { writeMovieFragment } from '../../../src/mp4/write-movie-fragment.ts'
import { ffmpegBytes, probePackets } from './ffmpeg-bytes.ts'

/** What a file of ffmpeg's says, and the samples of each of its movie fragments. */
function read(bytes: Buffer) {
  const boxes = new BoxReader({ maxBoxBytes: 10_000_000 }).push(bytes)
  const of = (type: string) => boxes.filter((box) => box.type === type).map((box) => box.bytes)
  const init = readInit(Buffer.concat([...of('ftyp'), ...of('moov')]))
  const mdats = of('mdat')
  const fragments = of('moof').map((moof, index) =>
    readMovieFragment(moof, mdats[index] ?? Buffer.alloc(0), init.defaults),
  )
  return { init, fragments }
}

describe('what is written is what was read', () => {
  test.each([
    { name: 'video and audio', video: true, audio: true },
    { name: 'video only', video: true, audio: false },
    { name: 'audio only', video: false, audio: true },
    { name: 'B-frames', video: true, audio: true, extra: '-tune film -bf 2 -preset veryfast'.split(' ') },
    { name: 'stereo, 44.1 kHz', video: true, audio: true, extra: '-ac 2 -ar 44100'.split(' ') },
  ])('$name of ffmpeg: ffprobe finds the same packets', { timeout: 60_000 }, (options) => {
    const bytes = ffmpegBytes({ ...options, seconds: 3, framesPerKeyframe: 20 })
    const { init, fragments } = read(bytes)
    const runs = fragments.map((tracks) =>
      tracks.map(({ trackId, samples }) => ({ trackId: trackId === init.video?.id ? 1 : 2, samples })),
    )
    const written = Buffer.concat([
      writeInit(init.video?.track ?? null, init.audio?.track ?? null),
      ...runs.map((tracks, index) => writeMovieFragment(index + 1, tracks)),
    ])
    for (const type of ['video', 'audio']) {
      const packets = (of: Buffer) => probePackets(of).filter((packet) => packet.type === type)
      expect(packets(written)).toEqual(packets(bytes))
    }
    const again = read(written)
    expect(again.init.video?.track).toEqual(init.video?.track)
    expect(again.init.audio?.track).toEqual(init.audio?.track)
    expect(again.fragments.map((tracks) => tracks.map(({ samples }) => samples))).toEqual(
      fragments.map((tracks) => tracks.map(({ samples }) => samples)),
    )
  })

  const anySample = fc.record({
    data: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    duration: fc.oneof(fc.constant(3000), fc.nat({ max: 2 ** 32 - 1 })),
    compositionOffset: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    sync: fc.boolean(),
  })
  const anyRun = fc
    .tuple(fc.nat({ max: 2 ** 52 }), fc.array(anySample, { maxLength: 12 }))
    .map(([from, rest]) => {
      let decodeTime = from
      return rest.map((sample): Sample => {
        const own = { ...sample, decodeTime }
        decodeTime += sample.duration
        return own
      })
    })

  test('any samples', () => {
    fc.assert(
      fc.property(anyRun, anyRun, fc.nat({ max: 2 ** 32 - 1 }), (video, audio, sequence) => {
        const bytes = writeMovieFragment(sequence, [
          { trackId: 1, samples: video },
          { trackId: 2, samples: audio },
        ])
        const boxes = new BoxReader({ maxBoxBytes: 1_000_000 }).push(bytes)
        expect(boxes.map(({ type }) => type)).toEqual(['moof', 'mdat'])
        const [moof, mdat] = boxes.map((box) => box.bytes)
        if (!moof || !mdat) throw new Error('it is no movie fragment')
        expect(moof.readUInt32BE(20)).toBe(sequence)
        const expected = [
          { trackId: 1, samples: video },
          { trackId: 2, samples: audio },
        ].filter(({ samples }) => samples.length > 0)
        expect(readMovieFragment(moof, mdat, new Map())).toEqual(expected)
      }),
    )
  })
})

describe('size', () => {
  const sample = (part: Partial<Sample> = {}): Sample => ({
    data: Buffer.alloc(0),
    decodeTime: 0,
    duration: 1024,
    compositionOffset: 0,
    sync: true,
    ...part,
  })
  const bytes = (...samples: Sample[]) => writeMovieFragment(1, [{ trackId: 1, samples }]).length

  test('samples that are alike cost 4 bytes each, what differs costs 4 bytes more', () => {
    expect(bytes(sample())).toBe(108)
    expect(bytes(sample(), sample())).toBe(112)
    expect(bytes(sample(), sample({ duration: 1023 }))).toBe(120)
    expect(bytes(sample(), sample({ sync: false }))).toBe(120)
    expect(bytes(sample(), sample({ compositionOffset: 1 }))).toBe(120)
    expect(bytes(sample({ compositionOffset: 1 }))).toBe(112)
  })

  test('a track without samples is left out', () => {
    const one = writeMovieFragment(1, [{ trackId: 1, samples: [sample()] }])
    const both = writeMovieFragment(1, [
      { trackId: 1, samples: [sample()] },
      { trackId: 2, samples: [] },
    ])
    expect(both).toEqual(one)
  })
})
