/** Buffers kept per size: two pictures a person are in use, the rest is on its way. */
const keptPerSize = 12

/** Hands out picture buffers again, because 40 MB of new ones each second would be the garbage collector's work. */
export class FramePool {
  readonly #free = new Map<number, Buffer[]>()

  take(bytes: number): Buffer {
    return this.#free.get(bytes)?.pop() ?? Buffer.allocUnsafeSlow(bytes)
  }

  /** Nothing may use the buffer after it. */
  give(buffer: Buffer): void {
    const free = this.#free.get(buffer.length) ?? []
    this.#free.set(buffer.length, free)
    if (free.length < keptPerSize) free.push(buffer)
    // Sizes come and go with layouts and publishers: only some are kept.
    const [oldest] = this.#free.keys()
    if (this.#free.size > 16 && oldest !== undefined) this.#free.delete(oldest)
  }
}
