/** Thrown when the bytes end before what is read; more of them may come. */
export const NeedMore = Symbol('need more bytes')

/** Reads the number formats of NUT, one after the other. */
export class NutCursor {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u8(): number {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw NeedMore
    this.at += 1
    return byte
  }

  /** Variable length, seven bits a byte, most significant first. */
  v(): number {
    let value = 0
    for (;;) {
      const byte = this.u8()
      value = value * 128 + (byte & 0x7f)
      if ((byte & 0x80) === 0) return value
      // Far beyond what a number holds exactly: damage, which the size checks refuse.
      if (value > Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY
    }
  }

  /** Signed. */
  s(): number {
    const value = this.v() + 1
    return value % 2 === 1 ? -(value - 1) / 2 : value / 2
  }

  /** A view of the next bytes. */
  take(count: number): Buffer {
    if (this.at + count > this.#bytes.length) throw NeedMore
    this.at += count
    return this.#bytes.subarray(this.at - count, this.at)
  }
}
