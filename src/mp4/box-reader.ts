import { damaged } from './box-content.ts'

/** One complete top-level box of an MP4 byte stream. */
export type Box = {
  /** Four-character code, e.g. `moof`. */
  type: string
  /** The whole box with its header, in memory of its own. */
  bytes: Buffer
}

/** size + type; a size of 1 says that 8 bytes with the real size follow (ISO/IEC 14496-12 section 4.2). */
const shortHeaderBytes = 8
const longHeaderBytes = 16

/**
 * Cuts an MP4 byte stream into its top-level boxes. Every byte is copied once, into the box that it belongs to:
 * no box keeps the memory of the chunks alive that it came in.
 */
export class BoxReader {
  readonly #maxBoxBytes: number
  readonly #header = Buffer.alloc(longHeaderBytes)
  /** What is being filled: the header or, once the size is known, the box. */
  #target: Buffer = this.#header
  #filled = 0
  #wanted = shortHeaderBytes

  /** @param limits.maxBoxBytes largest accepted box, header included: it is allocated as soon as it is announced. */
  constructor(limits: { maxBoxBytes: number }) {
    this.#maxBoxBytes = limits.maxBoxBytes
  }

  /** Bytes of a box that is not complete. */
  get pendingBytes(): number {
    return this.#filled
  }

  /**
   * Takes the next bytes, cut anywhere, and returns the boxes that they complete.
   * @throws GatewayError FFMPEG_FAILED for a size that can't be right. The stream can't be read on: so does every later call.
   */
  push(chunk: Buffer): Box[] {
    const boxes: Box[] = []
    let offset = 0
    while (offset < chunk.length) {
      const copied = chunk.copy(this.#target, this.#filled, offset, offset + this.#wanted - this.#filled)
      this.#filled += copied
      offset += copied
      // Twice for a box that is nothing but a header.
      while (this.#filled === this.#wanted) this.#advance(boxes)
    }
    return boxes
  }

  #advance(boxes: Box[]): void {
    if (this.#target !== this.#header) {
      boxes.push({ type: this.#target.toString('latin1', 4, 8), bytes: this.#target })
      this.#target = this.#header
      this.#filled = 0
      this.#wanted = shortHeaderBytes
      return
    }
    const shortSize = this.#header.readUInt32BE(0)
    if (shortSize === 1 && this.#wanted === shortHeaderBytes) {
      this.#wanted = longHeaderBytes
      return
    }
    const size = shortSize === 1 ? Number(this.#header.readBigUInt64BE(8)) : shortSize
    // 0 means "up to the end of the file", which a live stream does not have.
    if (size < this.#wanted || size > this.#maxBoxBytes) {
      const type = JSON.stringify(this.#header.toString('latin1', 4, 8))
      throw damaged(`box ${type} has size ${size}; ${this.#wanted} to ${this.#maxBoxBytes} are possible`)
    }
    const box = Buffer.allocUnsafeSlow(size)
    this.#header.copy(box, 0, 0, this.#wanted)
    this.#target = box
    this.#filled = this.#wanted
    this.#wanted = size
  }
}
