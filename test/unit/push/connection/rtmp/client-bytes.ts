import { type MessageHeader, writeMessage } from '../../../../../src/push/connection/rtmp/chunk-header.ts'

/** C0, C1 and C2 (RTMP 1.0 section 5.2), of 0x03 where a header could begin. */
export const handshake = Buffer.alloc(1 + 1536 + 1536, 3)

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(2, bytes.length >> 8, bytes.length & 0xff), bytes])
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** An AMF0 object. */
export function object(properties: Record<string, Buffer>): Buffer {
  const entries = Object.entries(properties).flatMap(([name, value]) => [text(name).subarray(1), value])
  return Buffer.concat([Buffer.of(3), ...entries, Buffer.of(0, 0, 9)])
}

export const nothing = Buffer.of(5)

export function connectCommand(app: string, tcUrl: string): Buffer {
  const properties = { app: text(app), type: text('nonprivate'), tcUrl: text(tcUrl), fpad: Buffer.of(1, 0) }
  return Buffer.concat([text('connect'), number(1), object(properties)])
}

export function nameCommand(command: string, name: string): Buffer {
  return Buffer.concat([text(command), number(2), nothing, text(name)])
}

export const publishCommand = (name: string) => Buffer.concat([nameCommand('publish', name), text('live')])

/** A message with a complete header. */
export function message(
  chunkStreamId: number,
  type: number,
  payload: Buffer,
  { chunkBytes = 128, timestamp = 0, streamId = 0 }: { chunkBytes?: number } & Partial<MessageHeader> = {},
): Buffer {
  return writeMessage(chunkStreamId, { timestamp, type, streamId }, payload, chunkBytes)
}
