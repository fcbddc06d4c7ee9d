import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { readInit } from '../../../src/mp4/read-init.ts'
import { readMovieFragment } from '../../../src/mp4/read-movie-fragment.ts'
import { u16 } from '../../../src/mp4/write-box.ts'
import { ffmpegBytes } from './ffmpeg-bytes.ts'
import { box, fullBox, u32 } from './make-box.ts'

describe('readInit', () => {
  const bytes = ffmpegBytes({ seconds: 0.5 })
  const initBytes = bytes.subarray(0, bytes.indexOf('prft') - 4)
  const replaced = (from: string, to: string) => {
    const copy = Buffer.from(initBytes)
    copy.write(to, copy.indexOf(from), 'latin1')
    return copy
  }

  test.each([
    ['another video codec', replaced('avc1\0', 'hvc1\0'), 'hvc1'],
    ['another audio codec', replaced('mp4a', 'Opus'), 'Opus'],
    ['no avcC', replaced('avcC', 'free'), 'no avcC'],
    ['no esds', replaced('esds', 'free'), 'no esds'],
    ['no moov', initBytes.subarray(0, 28), 'no moov'],
    ['cut off', initBytes.subarray(0, initBytes.length - 1), 'too early'],
  ])('%s is refused', (_, damagedBytes, text) => {
    expect(() => readInit(damagedBytes)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(text) }),
    )
  })

  test('whatever byte is damaged, it is read or refused, never a RangeError', () => {
    const moofAt = bytes.indexOf('moof') - 4
    const moofBytes = bytes.subarray(moofAt, moofAt + bytes.readUInt32BE(moofAt))
    const mdatAt = moofAt + moofBytes.length
    const mdatBytes = bytes.subarray(mdatAt, mdatAt + bytes.readUInt32BE(mdatAt))
    const good = readInit(initBytes)
    const damageEach = (original: Buffer, read: (damaged: Buffer) => unknown) => {
      for (let at = 0; at < original.length; at += 1) {
        for (const value of [0, 1, 0x7f, 0xff]) {
          const copy = Buffer.from(original)
          copy[at] = value
          try {
            read(copy)
          } catch (error) {
            expect(error).toBeInstanceOf(GatewayError)
          }
        }
      }
    }
    damageEach(initBytes, readInit)
    damageEach(moofBytes, (copy) => readMovieFragment(copy, mdatBytes, good.defaults))
    for (let length = 0; length < moofBytes.length; length += 1) {
      expect(() => readMovieFragment(moofBytes.subarray(0, length), mdatBytes, good.defaults)).toThrow(
        GatewayError,
      )
    }
  })
})

describe('tracks of ffmpeg', () => {
  test.each([
    { extra: [], channels: 1, sampleRateHz: 48_000 },
    { extra: ['-ac', '2', '-ar', '44100'], channels: 2, sampleRateHz: 44_100 },
    { extra: ['-ac', '6', '-ar', '22050'], channels: 6, sampleRateHz: 22_050 },
  ])('$channels channels at $sampleRateHz Hz', ({ extra, ...expected }) => {
    const { video, audio } = readInit(ffmpegBytes({ seconds: 0.3, extra }))
    expect(audio?.track).toMatchObject({ codec: 'mp4a.40.2', timescale: expected.sampleRateHz, ...expected })
    expect(video?.track).toMatchObject({ width: 320, height: 180 })
    expect(video?.track.codec).toMatch(/^avc1\.(42c0|6400|4d40)[0-9a-f]{2}$/)
    // Version 1, then the profile and level that the codec string says.
    expect(`avc1.${video?.track.decoderConfig.toString('hex', 1, 4)}`).toBe(video?.track.codec)
    expect([video?.id, audio?.id]).toEqual([1, 2])
  })
})

describe('an audio sample entry', () => {
  const descriptor = (tag: number, ...content: Buffer[]) => {
    const body = Buffer.concat(content)
    return Buffer.concat([Buffer.from([tag, body.length]), body])
  }
  /** An initialisation segment with one AAC track. */
  function withAac(config: number, optional = 0, fields: number[] = []): Buffer {
    const decoder = descriptor(0x04, Buffer.from([0x40]), Buffer.alloc(12), descriptor(0x05, u16(config)))
    const es = descriptor(0x03, u16(1), Buffer.from([optional, ...fields]), decoder)
    const rate = u32(32_000 * 0x1_0000)
    const entry = box('mp4a', Buffer.alloc(16), u16(3), u16(16), u32(0), rate, fullBox('esds', 0, 0, es))
    const trak = box(
      'trak',
      fullBox('tkhd', 0, 0, u32(0, 0, 9, 0)),
      box(
        'mdia',
        fullBox('mdhd', 0, 0, u32(0, 0, 32_000, 0)),
        fullBox('hdlr', 0, 0, u32(0), Buffer.from('soun')),
        box('minf', box('stbl', fullBox('stsd', 0, 0, u32(1), entry))),
      ),
    )
    return box('moov', trak)
  }
  /** 5 bits of object type, 4 bits of rate, 4 bits of channels (ISO/IEC 14496-3 section 1.6.2.1). */
  const configOf = (type: number, rate: number, channels: number) =>
    (type << 11) | (rate << 7) | (channels << 3)

  test.each([
    ['LC, 44.1 kHz, stereo', configOf(2, 4, 2), 'mp4a.40.2', 2, 44_100],
    ['7.1', configOf(2, 3, 7), 'mp4a.40.2', 8, 48_000],
    ['channels told elsewhere', configOf(2, 3, 0), 'mp4a.40.2', 3, 48_000],
    ['a rate that is written out', configOf(2, 15, 2), 'mp4a.40.2', 3, 32_000],
    // 6 more bits of type behind the 5: 32 + 10.
    ['a long type', (31 << 11) | (10 << 5), 'mp4a.40.42', 3, 32_000],
  ])('%s', (_, config, codec, channels, sampleRateHz) => {
    const { audio, video } = readInit(withAac(config))
    expect(video).toBeNull()
    expect(audio).toMatchObject({ id: 9, track: { codec, channels, sampleRateHz, timescale: 32_000 } })
    expect(audio?.track.decoderConfig).toEqual(u16(config))
  })

  test.each([
    ['a stream that it depends on', 0x80, [0, 1]],
    ['a URL', 0x40, [3, 0x61, 0x62, 0x63]],
    ['a clock', 0x20, [0, 1]],
    ['all of them', 0xe0, [0, 1, 1, 0x61, 0, 2]],
  ])('with %s in its descriptor (ISO/IEC 14496-1 section 7.2.6.5)', (_, optional, fields) => {
    expect(readInit(withAac(configOf(2, 3, 2), optional, fields)).audio?.track.codec).toBe('mp4a.40.2')
  })

  test('times of 64 bits in its headers', () => {
    const bytes = withAac(configOf(2, 3, 2))
    const long = (name: string, id: number) =>
      fullBox(name, 1, 0, Buffer.alloc(16), u32(id, 0), Buffer.alloc(8))
    const short = { tkhd: u32(0, 0, 9, 0), mdhd: u32(0, 0, 32_000, 0) }
    const moov = replaceBox(
      replaceBox(bytes, 'tkhd', short.tkhd, long('tkhd', 7)),
      'mdhd',
      short.mdhd,
      long('mdhd', 16_000),
    )
    expect(readInit(moov).audio).toMatchObject({ id: 7, track: { timescale: 16_000 } })
  })
})

/** Puts a box in the place of another one, and makes what holds it longer. */
function replaceBox(bytes: Buffer, name: string, content: Buffer, by: Buffer): Buffer {
  const old = fullBox(name, 0, 0, content)
  const at = bytes.indexOf(old)
  const longer = by.length - old.length
  const copy = Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + old.length)])
  for (const parent of ['moov', 'trak', ...(name === 'mdhd' ? ['mdia'] : [])]) {
    const size = copy.indexOf(parent) - 4
    copy.writeUInt32BE(copy.readUInt32BE(size) + longer, size)
  }
  return copy
}
