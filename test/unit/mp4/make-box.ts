/** A box of four-character code `type` around `content`, for tests that make MP4 by hand. */
export function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body])
}

/** Version and flags in front of a full box's content. */
export function fullBox(type: string, version: number, flags: number, ...content: Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content)
}

export function u32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    buffer.writeUInt32BE(value, index * 4)
  })
  return buffer
}

export function u64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(value)
  return buffer
}

/** A box with its size in 64 bits. */
export function longBox(type: string, content: Buffer): Buffer {
  return Buffer.concat([u32(1), Buffer.from(type, 'latin1'), u64(BigInt(content.length + 16)), content])
}
