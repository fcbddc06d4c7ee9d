/** Header of a message, as the chunks of a chunk stream carry it (RTMP 1.0 section 5.3.1). */
export type MessageHeader = {
  /** ms */
  timestamp: number
  /** Added by a message that has no timestamp of its own, in ms. */
  timestampDelta: number
  length: number
  type: number
  streamId: number
  /** The timestamp did not fit into 24 bits: every chunk carries 32 bits of it, too. */
  extended: boolean
}

export type ChunkHeader = { chunkStreamId: number; bytes: number; message: MessageHeader }

const noTimestamp = 0xffffff
/** Of the message header by format (sections 5.3.1.2.1 to 5.3.1.2.4). */
const messageHeaderBytes = [11, 7, 3, 0]

/**
 * Reads a chunk's header.
 * @param previous the last header on each chunk stream.
 * @param inMessage whether a message of that chunk stream is incomplete: then this chunk goes on with it.
 * @returns null when there are too few bytes.
 * @throws RangeError when a chunk builds on a header that there was not.
 */
export function readChunkHeader(
  bytes: Buffer,
  at: number,
  previous: ReadonlyMap<number, MessageHeader>,
  inMessage: (chunkStreamId: number) => boolean,
): ChunkHeader | null {
  const first = bytes[at]
  if (first === undefined) return null
  // Section 5.3.1.1: 0 and 1 stand for ids in one and two bytes more.
  const idBytes = (first & 0x3f) === 0 ? 1 : (first & 0x3f) === 1 ? 2 : 0
  const format = first >> 6
  const fieldBytes = messageHeaderBytes[format] ?? 0
  let next = at + 1 + idBytes
  if (bytes.length < next + fieldBytes) return null
  const chunkStreamId =
    idBytes === 0
      ? first & 0x3f
      : 64 + (bytes[at + 1] ?? 0) + (idBytes === 2 ? (bytes[at + 2] ?? 0) * 256 : 0)
  const before = previous.get(chunkStreamId)
  if (format > 0 && !before) throw new RangeError('an RTMP chunk without a header before it')
  const field = format < 3 ? bytes.readUIntBE(next, 3) : null
  const extended = field === null ? (before?.extended ?? false) : field === noTimestamp
  const length = format < 2 ? bytes.readUIntBE(next + 3, 3) : (before?.length ?? 0)
  const type = format < 2 ? bytes.readUInt8(next + 6) : (before?.type ?? 0)
  const streamId = format === 0 ? bytes.readUInt32LE(next + 7) : (before?.streamId ?? 0)
  next += fieldBytes
  if (extended && bytes.length < next + 4) return null
  const given = extended ? bytes.readUInt32BE(next) : field
  if (extended) next += 4
  const header = { length, type, streamId, extended }
  const from = before?.timestamp ?? 0
  if (format === 3 && before && inMessage(chunkStreamId)) {
    return { chunkStreamId, bytes: next - at, message: before }
  }
  // A message of format 3 repeats the delta; one of format 0 counts as a delta for it, too (section 5.3.1.2.4).
  const delta = format === 3 ? (before?.timestampDelta ?? 0) : (given ?? 0)
  const timestamp = format === 0 ? delta : (from + delta) % 2 ** 32
  return { chunkStreamId, bytes: next - at, message: { ...header, timestamp, timestampDelta: delta } }
}

/** Cuts a message into chunks. Its header says everything, so that it builds on nothing before it (format 0). */
export function writeMessage(
  chunkStreamId: number,
  { timestamp, type, streamId }: Pick<MessageHeader, 'timestamp' | 'type' | 'streamId'>,
  payload: Buffer,
  chunkBytes: number,
): Buffer {
  const id = idBytesOf(chunkStreamId)
  const extended = timestamp >= noTimestamp
  const extension = Buffer.alloc(extended ? 4 : 0)
  if (extended) extension.writeUInt32BE(timestamp)
  const fields = Buffer.alloc(11)
  fields.writeUIntBE(extended ? noTimestamp : timestamp, 0, 3)
  fields.writeUIntBE(payload.length, 3, 3)
  fields.writeUInt8(type, 6)
  fields.writeUInt32LE(streamId, 7)
  const parts = [withFormat(id, 0), fields, extension, payload.subarray(0, chunkBytes)]
  for (let from = chunkBytes; from < payload.length; from += chunkBytes) {
    parts.push(withFormat(id, 3), extension, payload.subarray(from, from + chunkBytes))
  }
  return Buffer.concat(parts)
}

function idBytesOf(chunkStreamId: number): Buffer {
  if (chunkStreamId < 64) return Buffer.of(chunkStreamId)
  const rest = chunkStreamId - 64
  return rest < 256 ? Buffer.of(0, rest) : Buffer.of(1, rest & 0xff, rest >> 8)
}

function withFormat(id: Buffer, format: number): Buffer {
  const bytes = Buffer.from(id)
  bytes[0] = (id[0] ?? 0) | (format << 6)
  return bytes
}
