import { GatewayError } from './errors.ts'

/** With less than this, a stream of 8 Mbit/s has no playlist of the least length (RFC 8216 section 6.2.2). */
const leastStreamBytes = 16 * 1024 * 1024
/** Parts of a stream's share. The rest is for feeds that are encoded or filled for platforms. */
const feedPart = 1 / 4
const hlsPart = 1 / 2

/**
 * One memory budget for the media of all streams. Each stream may hold the same share, which shrinks as streams come:
 * rings and playlist windows lose their oldest media then. When the shares would become too small to play from, no
 * further stream is taken.
 */
export class MediaBudget {
  readonly limitBytes: number
  readonly #holders = new Set<() => number>()

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** What all streams hold at this moment; media that ring and playlists share counts twice. */
  get usedBytes(): number {
    return [...this.#holders].reduce((sum, bytes) => sum + bytes(), 0)
  }

  /** What the ring of one stream may hold. */
  get feedBytes(): number {
    return Math.floor(this.#shareBytes(this.#holders.size) * feedPart)
  }

  /** What the segments of one stream may hold. */
  get hlsBytes(): number {
    return Math.floor(this.#shareBytes(this.#holders.size) * hlsPart)
  }

  /** @throws GatewayError TOO_LITTLE_MEMORY when there is no room for one more stream. */
  checkRoom(): void {
    if (this.#shareBytes(this.#holders.size + 1) >= leastStreamBytes) return
    throw new GatewayError(
      'TOO_LITTLE_MEMORY',
      `The gateway keeps the media of ${this.#holders.size} streams and has no memory for one more (SLUICE_MAX_MEDIA_BYTES).`,
    )
  }

  /**
   * A stream that keeps media from now on.
   * @param bytes tells how much it holds.
   * @returns it holds nothing any longer; may be called twice.
   */
  add(bytes: () => number): () => void {
    this.#holders.add(bytes)
    return () => this.#holders.delete(bytes)
  }

  #shareBytes(streams: number): number {
    return this.limitBytes / Math.max(1, streams)
  }
}
