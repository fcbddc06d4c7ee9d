import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { readInit } from '../../../src/mp4/read-init.ts'
import { readMovieFragment } from '../../../src/mp4/read-movie-fragment.ts'
import { ffmpegBytes } from './ffmpeg-bytes.ts'

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
