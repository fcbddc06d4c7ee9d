import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { BoxReader } from '../../../src/mp4/box-reader.ts'
import { type Init, readFragment, readInit, readProducerReferenceTime } from '../../../src/mp4/mp4.ts'
import { ffmpegBytes, probePackets } from './ffmpeg-bytes.ts'
import { box, fullBox, longBox, u32, u64 } from './make-box.ts'

function read(bytes: Buffer) {
  const boxes = new BoxReader({ maxBoxBytes: 10_000_000 }).push(bytes)
  const init = readInit(
    Buffer.concat(boxes.filter(({ type }) => /ftyp|moov/.test(type)).map((box) => box.bytes)),
  )
  const fragments = boxes.filter(({ type }) => type === 'moof').map((box) => readFragment(box.bytes, init))
  return { boxes, init, fragments }
}

const video = { trackId: 1, timescale: 1000, codec: 'avc1.42e01f', width: 320, height: 180 }
const audio = { trackId: 2, timescale: 48_000, codec: 'mp4a.40.2', channels: 2, sampleRateHz: 48_000 }
const nonSync = 0x0101_0000
const sync = 0x0200_0000

describe('real output of ffmpeg', () => {
  test.each([
    { name: 'video and audio', video: true, audio: true },
    { name: 'video only', video: true, audio: false },
    { name: 'audio only', video: false, audio: true },
    { name: 'B-frames', video: true, audio: true, extra: '-tune film -bf 2 -preset veryfast'.split(' ') },
    { name: 'stereo, 44.1 kHz', video: true, audio: true, extra: '-ac 2 -ar 44100'.split(' ') },
  ])('$name: the fragments tell what ffprobe tells', (options) => {
    const bytes = ffmpegBytes({ ...options, seconds: 4.5, framesPerKeyframe: 45 })
    const { boxes, init, fragments } = read(bytes)
    const stereo = options.name.startsWith('stereo')
    expect(init.video === null).toBe(!options.video)
    if (init.video) expect(init.video).toMatchObject({ width: 320, height: 180 })
    if (init.video) expect(init.video.codec).toMatch(/^avc1\.(42c0|6400|4d40)[0-9a-f]{2}$/)
    expect(init.audio === null).toBe(!options.audio)
    if (init.audio) {
      expect(init.audio).toMatchObject({
        codec: 'mp4a.40.2',
        channels: stereo ? 2 : 1,
        sampleRateHz: stereo ? 44_100 : 48_000,
      })
    }
    const packets = probePackets(bytes)
    const timed = packets.filter(({ type }) => type === (options.video ? 'video' : 'audio'))
    const videoFrames = options.video ? timed.length : 0
    expect(fragments.reduce((sum, fragment) => sum + fragment.videoFrames, 0)).toBe(videoFrames)
    let at = 0
    for (const fragment of fragments) {
      const end = fragment.startSeconds + fragment.durationSeconds
      const own = timed.filter(({ dts }) => dts > fragment.startSeconds - 1e-4 && dts < end - 1e-4)
      if (fragment.videoFrames === 0 && options.video) {
        // Sound that is left over at the end.
        expect(fragment.keyframe).toBe(false)
        continue
      }
      expect(fragment.startSeconds).toBeCloseTo(timed[at]?.dts ?? Number.NaN, 4)
      const last = timed[at + own.length - 1]
      const next = timed[at + own.length]
      // ffprobe does not know every duration, but the next packet's time; the last AAC frame is shorter than it says.
      if (next) expect(end).toBeCloseTo(next.dts, 4)
      else expect(end).toBeCloseTo(last ? last.dts + last.seconds : Number.NaN, 2)
      expect(fragment.keyframe).toBe(options.video ? own[0]?.key : true)
      if (options.video) expect(fragment.videoFrames).toBe(own.length)
      at += own.length
    }
    expect(at).toBe(timed.length)
    const keyframes = timed.filter(({ key }) => key).length
    if (options.video) expect(fragments.filter(({ keyframe }) => keyframe)).toHaveLength(keyframes)
    const times = boxes
      .filter(({ type }) => type === 'prft')
      .map(({ bytes }) => readProducerReferenceTime(bytes))
    const timescale = (init.video ?? init.audio)?.timescale ?? Number.NaN
    expect(times).toHaveLength(fragments.length)
    times.forEach((time, index) => {
      expect(Math.abs(time.ntpMs - Date.now())).toBeLessThan(60_000)
      // mediaTime is a presentation time: with B-frames two frames off.
      const off = time.mediaTime / timescale - (fragments[index]?.startSeconds ?? Number.NaN)
      expect(Math.abs(off)).toBeLessThan(0.1)
    })
  })
})

const defaults = new Map([[1, { duration: 10, flags: nonSync }]])
const init: Init = { video, audio, defaults }
const tfhd = (flags: number, ...fields: number[]) => fullBox('tfhd', 0, flags, u32(...fields))
const tfdt = (time: number) => fullBox('tfdt', 0, 0, u32(time))
const trun = (flags: number, ...fields: number[]) => fullBox('trun', 0, flags, u32(...fields))
const moof = (...trafs: Buffer[][]) =>
  box('moof', fullBox('mfhd', 0, 0, u32(1)), ...trafs.map((traf) => box('traf', ...traf)))

describe('readFragment', () => {
  test.each([
    ['durations and flags of trex', [tfhd(0, 1), tfdt(500), trun(0, 3)], [0.5, 0.03, false, 3]],
    ['durations and flags of tfhd', [tfhd(0x28, 1, 20, sync), tfdt(0), trun(0, 3)], [0, 0.06, true, 3]],
    [
      'all optional fields of tfhd',
      [tfhd(0x3b, 1, 0, 77, 1, 30, 999, sync), tfdt(0), trun(0, 2)],
      [0, 0.06, true, 2],
    ],
    ['first_sample_flags', [tfhd(0, 1), tfdt(0), trun(0x5, 2, 88, sync)], [0, 0.02, true, 2]],
    [
      'first_sample_flags win over flags of samples',
      [tfhd(0, 1), tfdt(0), trun(0x404, 2, sync, nonSync, nonSync)],
      [0, 0.02, true, 2],
    ],
    [
      'first_sample_flags win over tfhd',
      [tfhd(0x20, 1, sync), tfdt(0), trun(0x4, 2, nonSync)],
      [0, 0.02, false, 2],
    ],
    ['durations of samples', [tfhd(0x8, 1, 5), tfdt(0), trun(0x100, 3, 1, 2, 4)], [0, 0.007, false, 3]],
    ['flags of samples', [tfhd(0, 1), tfdt(0), trun(0x400, 2, sync, nonSync)], [0, 0.02, true, 2]],
    [
      'all fields of samples',
      [tfhd(0, 1), tfdt(0), trun(0xf01, 2, 0, 3, 100, sync, 0, 4, 100, nonSync, 0)],
      [0, 0.007, true, 2],
    ],
    ['two truns', [tfhd(0, 1), tfdt(0), trun(0x4, 2, sync), trun(0x4, 1, nonSync)], [0, 0.03, true, 3]],
    ['an empty trun first', [tfhd(0, 1), tfdt(0), trun(0, 0), trun(0x4, 1, sync)], [0, 0.01, true, 1]],
    [
      'tfdt of 64 bits',
      [tfhd(0, 1), fullBox('tfdt', 1, 0, u64(2n ** 33n)), trun(0, 1)],
      [2 ** 33 / 1000, 0.01, false, 1],
    ],
    ['a box size of 64 bits', [tfhd(0, 1), tfdt(0), longBox('trun', u32(0, 1))], [0, 0.01, false, 1]],
  ] as const)('%s', (_, traf, [startSeconds, durationSeconds, keyframe, videoFrames]) => {
    const info = readFragment(moof([...traf]), init)
    expect(info).toEqual({
      startSeconds,
      durationSeconds: expect.closeTo(durationSeconds, 9),
      keyframe,
      videoFrames,
      soundEndSeconds: null,
    })
  })

  const videoTraf = [tfhd(0, 1), tfdt(100), trun(0x4, 1, sync)]
  const audioTraf = [tfhd(0x8, 2, 1024), tfdt(48_000), trun(0, 3)]

  test('times are those of video, wherever its traf is', () => {
    expect(readFragment(moof(audioTraf, videoTraf), init)).toMatchObject({
      startSeconds: 0.1,
      keyframe: true,
    })
  })

  test('without video samples a stream with video takes times of audio and is no keyframe', () => {
    const expected = {
      startSeconds: 1,
      durationSeconds: 0.064,
      keyframe: false,
      videoFrames: 0,
      soundEndSeconds: 1.064,
    }
    expect(readFragment(moof(audioTraf), init)).toEqual(expected)
    expect(readFragment(moof([tfhd(0, 1), tfdt(0)], audioTraf), init)).toEqual(expected)
    expect(readFragment(moof(audioTraf), { ...init, video: null })).toEqual({ ...expected, keyframe: true })
  })

  test('several trafs of a track add up', () => {
    const later = [tfhd(0, 1), tfdt(110), trun(0x4, 2, nonSync)]
    expect(readFragment(moof(videoTraf, later), init)).toEqual({
      startSeconds: 0.1,
      durationSeconds: 0.03,
      keyframe: true,
      videoFrames: 3,
      soundEndSeconds: null,
    })
  })

  test.each([
    ['no moof', box('free'), 'no moof'],
    ['no traf', moof(), 'no sample'],
    ['only a foreign track', moof([tfhd(0, 9), tfdt(0), trun(0, 1)]), 'no sample'],
    ['no tfhd', moof([tfdt(0), trun(0, 1)]), 'no tfhd'],
    ['no tfdt', moof([tfhd(0, 1), trun(0, 1)]), 'no tfdt'],
    ['a huge count', moof([tfhd(0, 1), tfdt(0), trun(0, 2 ** 32 - 1)]), 'samples'],
    ['no trun', moof([tfhd(0, 1), tfdt(0)]), 'no sample'],
    ['more samples than bytes', moof([tfhd(0, 1), tfdt(0), trun(0x100, 1000, 1)]), 'too early'],
    ['tfhd without its fields', moof([tfhd(0x8, 1), tfdt(0), trun(0, 1)]), 'too early'],
    ['a time above 2^53', moof([tfhd(0, 1), fullBox('tfdt', 1, 0, u64(2n ** 60n)), trun(0, 1)]), 'holds'],
    ['a box size below 8', box('moof', u32(4), Buffer.from('traf')), 'size 4'],
    ['a box longer than its parent', box('moof', u32(40), Buffer.from('traf')), 'too early'],
    ['rest of less than a header', box('moof', Buffer.alloc(5)), 'too early'],
  ])('%s is refused', (_, bytes, text) => {
    expect(() => readFragment(bytes, init)).toThrow(
      expect.objectContaining({ code: 'FFMPEG_FAILED', message: expect.stringContaining(text) }),
    )
  })
})

describe('readProducerReferenceTime', () => {
  const ntpOf2026 = 1_767_225_600 + 2_208_988_800
  test.each([
    [
      'version 1',
      fullBox('prft', 1, 24, u32(7, ntpOf2026, 2 ** 31), u64(2n ** 40n)),
      1_767_225_600_500,
      2 ** 40,
    ],
    ['version 0', fullBox('prft', 0, 24, u32(7, ntpOf2026, 0, 90_000)), 1_767_225_600_000, 90_000],
    [
      'before time 0',
      fullBox('prft', 1, 24, u32(7, ntpOf2026, 0), u64(2n ** 64n - 1024n)),
      1_767_225_600_000,
      -1024,
    ],
    // 1 s after the 32 bits of NTP have wrapped.
    ['2036', fullBox('prft', 0, 24, u32(7, 1, 0, 90_000)), Date.UTC(2036, 1, 7, 6, 28, 17), 90_000],
  ])('%s', (_, bytes, ntpMs, mediaTime) => {
    expect(readProducerReferenceTime(bytes)).toEqual({ trackId: 7, ntpMs, mediaTime, flags: 24 })
  })

  test.each([
    ['another box', box('free')],
    ['too short', fullBox('prft', 1, 24, u32(7, ntpOf2026, 0, 1))],
  ])('%s is refused', (_, bytes) => {
    expect(() => readProducerReferenceTime(bytes)).toThrow(GatewayError)
  })
})

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
    damageEach(moofBytes, (copy) => readFragment(copy, good))
    for (let length = 0; length < moofBytes.length; length += 1) {
      expect(() => readFragment(moofBytes.subarray(0, length), good)).toThrow(GatewayError)
    }
  })
})
