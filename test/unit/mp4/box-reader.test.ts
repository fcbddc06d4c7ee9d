import { describe, expect, test } from 'vitest'
import { BoxReader } from '../../../src/mp4/box-reader.ts'
import { ffmpegBytes } from './ffmpeg-bytes.ts'
import { box, longBox, u32, u64 } from './make-box.ts'

const maxBoxBytes = 1000
const handMade = [
  box('ftyp', Buffer.from('iso6')),
  box('free'),
  longBox('mdat', Buffer.alloc(300, 7)),
  longBox('free', Buffer.alloc(0)),
  box('mdat', Buffer.alloc(maxBoxBytes - 8, 9)),
]

/** Cuts into pieces of these sizes, in turn. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const result: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    result.push(bytes.subarray(at, at + size))
    at += size
  }
  return result
}

describe('BoxReader', () => {
  test.each([[[1]], [[7]], [[8]], [[3, 16, 1]], [[13, 997, 2]], [[100_000]]])(
    'pieces of %j bytes',
    (sizes) => {
      const reader = new BoxReader({ maxBoxBytes })
      const boxes = pieces(Buffer.concat(handMade), sizes).flatMap((piece) => reader.push(piece))
      expect(boxes.map(({ type }) => type)).toEqual(['ftyp', 'free', 'mdat', 'free', 'mdat'])
      expect(boxes.map(({ bytes }) => bytes.toString('hex'))).toEqual(
        handMade.map((bytes) => bytes.toString('hex')),
      )
      expect(reader.pendingBytes).toBe(0)
    },
  )

  test('an empty piece changes nothing, an incomplete box is not handed out', () => {
    const reader = new BoxReader({ maxBoxBytes })
    const bytes = box('moof', Buffer.alloc(10))
    expect(reader.push(bytes.subarray(0, 17))).toEqual([])
    expect(reader.push(Buffer.alloc(0))).toEqual([])
    expect(reader.pendingBytes).toBe(17)
    expect(reader.push(bytes.subarray(17))).toEqual([{ type: 'moof', bytes }])
  })

  test('a box that is nothing but a header does not wait for more', () => {
    const reader = new BoxReader({ maxBoxBytes })
    expect(reader.push(box('free'))).toHaveLength(1)
    expect(reader.push(longBox('free', Buffer.alloc(0)))).toHaveLength(1)
  })

  test('boxes have memory of their own', () => {
    const reader = new BoxReader({ maxBoxBytes })
    const chunk = box('free', Buffer.alloc(4, 1))
    const [first] = reader.push(chunk)
    chunk.fill(0)
    expect(first?.bytes).toEqual(box('free', Buffer.alloc(4, 1)))
    expect(first?.bytes.buffer.byteLength).toBe(12)
  })

  test.each([
    ['0, up to the end of the file', u32(0), 'mdat'],
    ['less than its header', u32(7), 'mdat'],
    ['more than allowed', u32(maxBoxBytes + 1), 'mdat'],
    ['text instead of MP4', Buffer.from('Inpu'), 't #0'],
    ['64 bits, less than its header', u32(1), 'mdat', u64(15n)],
    ['64 bits, 0', u32(1), 'mdat', u64(0n)],
    ['64 bits, more than allowed', u32(1), 'mdat', u64(BigInt(maxBoxBytes) + 1n)],
    ['64 bits, all set', u32(1), 'mdat', u64(2n ** 64n - 1n)],
  ])('a size of %s is refused, also later on', (_, size, type, longSize = Buffer.alloc(0)) => {
    const reader = new BoxReader({ maxBoxBytes })
    const bytes = Buffer.concat([size, Buffer.from(type), longSize, Buffer.alloc(20)])
    const refusal = expect.objectContaining({
      code: 'FFMPEG_FAILED',
      message: expect.stringContaining('size'),
    })
    expect(() => reader.push(bytes)).toThrow(refusal)
    expect(() => reader.push(box('free'))).toThrow(refusal)
  })

  test('real output cut anywhere gives the same boxes', () => {
    const bytes = ffmpegBytes({ seconds: 2 })
    const whole = new BoxReader({ maxBoxBytes: 10_000_000 }).push(bytes)
    expect(Buffer.concat(whole.map((box) => box.bytes)).equals(bytes)).toBe(true)
    const types = whole.map(({ type }) => type).join(' ')
    expect(types).toMatch(/^ftyp moov( prft moof mdat){10,}$/)
    for (const sizes of [[1], [4099], [65_536], [17, 1, 30_011]]) {
      const reader = new BoxReader({ maxBoxBytes: 10_000_000 })
      const boxes = pieces(bytes, sizes).flatMap((piece) => reader.push(piece))
      expect(boxes.map(({ type }) => type).join(' ')).toBe(types)
      expect(boxes.every((box, index) => whole[index]?.bytes.equals(box.bytes))).toBe(true)
    }
  })
})
