import { GatewayError } from '../errors.ts'

/**
 * Reads forward through the content of one box, or of bytes that hold boxes; every read is checked against its end
 * and throws GatewayError FFMPEG_FAILED beyond it.
 */
export class BoxContent {
  readonly name: string
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer, name: string) {
    this.#bytes = bytes
    this.name = name
  }

  u8 = (): number => this.take(1).readUInt8()
  u16 = (): number => this.take(2).readUInt16BE()
  u24 = (): number => this.take(3).readUIntBE(0, 3)
  u32 = (): number => this.take(4).readUInt32BE()
  i32 = (): number => this.take(4).readInt32BE()
  text = (length: number): string => this.take(length).toString('latin1')
  u64 = (): number => this.#safe(this.take(8).readBigUInt64BE())
  i64 = (): number => this.#safe(this.take(8).readBigInt64BE())

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw damaged(`${JSON.stringify(this.name)} ends too early`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** Everything from here to the end. */
  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at)
  }

  skip(length: number): this {
    this.take(length)
    return this
  }

  /** From here to the end, not moved when this one is. */
  copy(): BoxContent {
    return new BoxContent(this.#bytes.subarray(this.#at), this.name)
  }

  /** The boxes from here to the end; does not move. */
  *boxes(): Generator<BoxContent> {
    const inside = this.copy()
    while (inside.#at < inside.#bytes.length) {
      const start = inside.#at
      const shortSize = inside.u32()
      const name = inside.text(4)
      const size = shortSize === 1 ? inside.u64() : shortSize
      const contentBytes = size - (inside.#at - start)
      if (contentBytes < 0) throw damaged(`box ${JSON.stringify(name)} has size ${size}`)
      yield new BoxContent(inside.take(contentBytes), name)
    }
  }

  /** Content of the MPEG-4 descriptor that is next: tag, length in groups of 7 bits (ISO/IEC 14496-1 section 8.3.3). */
  descriptor(tag: number): BoxContent {
    const found = this.u8()
    if (found !== tag) throw damaged(`${this.name} has descriptor ${found} instead of ${tag}`)
    let length = 0
    for (let group = 0; group < 4; group += 1) {
      const byte = this.u8()
      length = length * 128 + (byte & 0x7f)
      if ((byte & 0x80) === 0) break
    }
    return new BoxContent(this.take(length), this.name)
  }

  /** Numbers are exact up to 2^53 only; no time or size of ours comes near. */
  #safe(value: bigint): number {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw damaged(`${JSON.stringify(this.name)} holds ${value}`)
    return number
  }
}

/**
 * The first box at the end of a path of names.
 * @throws GatewayError FFMPEG_FAILED when there is none.
 */
export function need(parent: BoxContent, ...path: readonly string[]): BoxContent {
  let box = parent
  for (const name of path) {
    const child = [...box.boxes()].find((candidate) => candidate.name === name)
    if (!child) throw damaged(`${box.name} has no ${name}`)
    box = child
  }
  return box
}

export function damaged(what: string): GatewayError {
  return new GatewayError('FFMPEG_FAILED', `ffmpeg's MP4 output can't be read: ${what}.`)
}
