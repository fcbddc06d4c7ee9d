/** A tag of an FLV file, see Adobe's specification, annex E.4.1. */
export type FlvTag = { type: number; timeMs: number; data: Buffer }

/** The tags of an FLV file without its header. Throws when a size behind a tag is not that of the tag. */
export function readFlvTags(bytes: Buffer): FlvTag[] {
  const tags: FlvTag[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3)
    const end = at + 11 + size
    if (bytes.readUInt32BE(end) !== 11 + size) throw new Error(`the tag at ${at} has another size behind it`)
    if (bytes.readUIntBE(at + 8, 3) !== 0) throw new Error(`the tag at ${at} has a stream id`)
    const timeMs = bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 2 ** 24
    tags.push({ type: bytes.readUInt8(at), timeMs, data: bytes.subarray(at + 11, end) })
    at = end + 4
  }
  return tags
}
