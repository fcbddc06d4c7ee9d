import { expect, test } from 'vitest'
import {
  type ChunkHeader,
  type MessageHeader,
  readChunkHeader,
} from '../../../../../src/push/connection/rtmp/chunk-header.ts'

const known: MessageHeader = {
  ...{ timestamp: 1_000, timestampDelta: 40, length: 300, type: 9, streamId: 1, extended: false },
}

function read(bytes: number[], { before = known as MessageHeader | null, inMessage = false } = {}) {
  const headers = new Map(before ? [[5, before]] : [])
  return readChunkHeader(Buffer.from(bytes), 0, headers, () => inMessage)
}

const times = (header: ChunkHeader | null) => [header?.message.timestamp, header?.message.timestampDelta]

test('a chunk that goes on with a message keeps its time; a message that repeats a header moves on', () => {
  expect(times(read([0xc5], { inMessage: true }))).toEqual([1_000, 40])
  expect(times(read([0xc5]))).toEqual([1_040, 40])
  // Each chunk of a message with an extended timestamp carries that again.
  const extended = { ...known, extended: true }
  expect(read([0xc5, 1, 0, 0, 0], { before: extended, inMessage: true })).toEqual({
    ...{ chunkStreamId: 5, bytes: 5, message: extended },
  })
  expect(read([0xc5, 1, 0, 0], { before: extended, inMessage: true })).toBeNull()
  // A message may begin while the one before it on the stream is incomplete: its header is its own.
  expect(times(read([0x85, 0, 0, 7], { inMessage: true }))).toEqual([1_007, 7])
})

test('a message of format 0 counts its time as the delta of those that repeat it', () => {
  const first = read([0x05, 0, 1, 0, 0, 0, 9, 8, 2, 0, 0, 0], { before: null })
  expect(first).toEqual({
    chunkStreamId: 5,
    bytes: 12,
    message: { timestamp: 256, timestampDelta: 256, length: 9, type: 8, streamId: 2, extended: false },
  })
  expect(times(read([0xc5], { before: first?.message ?? null }))).toEqual([512, 256])
})

test('times pass their 32 bits, and those of 24 bits and more stand behind the header', () => {
  const late = { ...known, timestamp: 2 ** 32 - 10 }
  expect(times(read([0x85, 0, 0, 30], { before: late }))).toEqual([20, 30])
  const long = read([0x05, 0xff, 0xff, 0xff, 0, 0, 9, 8, 0, 0, 0, 0, 1, 0, 0, 0], { before: null })
  expect(long).toMatchObject({ bytes: 16, message: { timestamp: 2 ** 24, extended: true } })
})

test('ids of one, two and three bytes', () => {
  const id = (bytes: number[]) => read([...bytes, 0, 0, 0, 0, 0, 9, 8, 0, 0, 0, 0], { before: null })
  expect(id([0x3f])).toMatchObject({ chunkStreamId: 63, bytes: 12 })
  expect(id([0x00, 3])).toMatchObject({ chunkStreamId: 67, bytes: 13 })
  expect(id([0x01, 3, 2])).toMatchObject({ chunkStreamId: 64 + 3 + 2 * 256, bytes: 14 })
})

test('too few bytes are waited for; a header that builds on none is refused', () => {
  expect([read([]), read([0x05, 0, 0]), read([0x00])]).toEqual([null, null, null])
  expect(() => read([0xc5], { before: null })).toThrow(RangeError)
})
