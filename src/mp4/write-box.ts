/** size + type (ISO/IEC 14496-12 section 4.2). */
export const boxHeaderBytes = 8

/** A box of four-character code `type` around `content`. */
export function box(type: string, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, boxHeaderBytes)
  return Buffer.concat([u32(length), Buffer.from(type, 'latin1'), ...content], length)
}

/** Version and flags in front of a full box's content. */
export function fullBox(type: string, version: number, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content)
}

export function u16(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2)
  values.forEach((value, index) => void buffer.writeUInt16BE(value, index * 2))
  return buffer
}

export function u32(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => void buffer.writeUInt32BE(value, index * 4))
  return buffer
}
