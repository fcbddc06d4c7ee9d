import { bestVideo } from './epoch.ts'
import type { FeedSnapshot } from './feed-snapshot.ts'
import { type Fragment, mediaBytes, type UnnumberedFragment, videoFrames } from './fragment.ts'

/** A reader of a feed. Both are called synchronously and must not throw or block. */
export type FeedReader = {
  /** Fragments in order, none left out. A new `fragment.epoch` needs a new initialisation segment. */
  onFragment(fragment: Fragment): void
  /** The stream is over: no fragment follows. */
  onEnd(): void
}

export type FeedLimits = {
  /** Seconds of media kept for readers that come later. At least the newest group of pictures is kept. */
  maxSeconds: number
  /** Hard limit, also for the newest group of pictures. */
  maxBytes: number
  /** What the stream's share of the memory of all streams allows at this moment, if that is less. */
  budgetBytes?: () => number
}

/**
 * The waist of the hourglass: a stream's media as numbered fragments in a bounded ring. It outlives packager runs.
 * Readers own their queues; the feed waits for no reader.
 */
export class Feed {
  readonly #limits: FeedLimits
  readonly #readers = new Set<FeedReader>()
  readonly #ring: Fragment[] = []
  /** Readers that threw. */
  readonly #broken = new WeakSet<FeedReader>()
  #bytes = 0
  #seconds = 0
  #fragments = 0
  #epochs = 0
  #ended = false

  constructor(limits: FeedLimits) {
    this.#limits = limits
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The newest fragment, or undefined before the first. */
  get newest(): Fragment | undefined {
    return this.#ring.at(-1)
  }

  /** Bytes in the ring. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds the next fragment; its number is given here. */
  append(unnumbered: UnnumberedFragment): void {
    if (this.#ended) return
    const fragment: Fragment = { ...unnumbered, number: this.#fragments }
    if (fragment.epoch !== this.newest?.epoch) this.#epochs += 1
    this.#fragments += 1
    this.#ring.push(fragment)
    this.#bytes += mediaBytes(fragment)
    this.#seconds += fragment.durationSeconds
    this.#trim()
    for (const reader of this.#readers) this.#deliver(reader, fragment)
  }

  /**
   * Starts reading.
   * @param where `keyframe`: at the newest keyframe in the ring, whose fragments are delivered before this returns;
   * `next`: at the next fragment that comes.
   * @returns the undo: no call reaches the reader after it.
   */
  attach(reader: FeedReader, where: { from: 'keyframe' | 'next' } = { from: 'keyframe' }): () => void {
    const from = where.from === 'next' ? -1 : this.#ring.findLastIndex((fragment) => fragment.keyframe)
    if (from >= 0) for (const fragment of this.#ring.slice(from)) this.#deliver(reader, fragment)
    if (this.#ended) reader.onEnd()
    else this.#readers.add(reader)
    return () => this.#readers.delete(reader)
  }

  /** Ends the feed for good. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    const readers = [...this.#readers]
    this.#readers.clear()
    for (const reader of readers) {
      try {
        reader.onEnd()
      } catch (error) {
        this.#report(reader, error)
      }
    }
  }

  snapshot(): FeedSnapshot {
    const newest = this.newest
    const epoch = newest?.epoch
    const video = epoch ? bestVideo(epoch) : null
    const ofEpoch = this.#ring.filter((fragment) => fragment.epoch === epoch && videoFrames(fragment) > 0)
    const seconds = ofEpoch.reduce((sum, fragment) => sum + fragment.durationSeconds, 0)
    const frames = ofEpoch.reduce((sum, fragment) => sum + videoFrames(fragment), 0)
    return {
      epochs: this.#epochs,
      fragments: this.#fragments,
      bufferedBytes: this.#bytes,
      bitrateBps: this.#seconds > 0 ? Math.round((this.#bytes * 8) / this.#seconds) : 0,
      codecs: [video?.codec, epoch?.audio?.codec].filter((codec) => codec !== undefined).join(','),
      width: video?.width ?? null,
      height: video?.height ?? null,
      framesPerSecond: seconds > 0 ? Math.round((frames / seconds) * 10) / 10 : null,
      newestAt: newest ? new Date(newest.arrivedAtMs).toISOString() : null,
    }
  }

  /** A reader that throws, by a mistake in it, harms no other and not the one who appends. */
  #deliver(reader: FeedReader, fragment: Fragment): void {
    try {
      reader.onFragment(fragment)
    } catch (error) {
      this.#report(reader, error)
    }
  }

  /** As a warning of the process, once for each reader: it may fail with every fragment. */
  #report(reader: FeedReader, error: unknown): void {
    if (this.#broken.has(reader)) return
    this.#broken.add(reader)
    process.emitWarning(`A reader of a feed failed: ${error instanceof Error ? error.stack : error}`)
  }

  /** Drops from the old end what the limits do not allow, but keeps the newest keyframe as long as bytes allow. */
  #trim(): void {
    const maxBytes = Math.min(this.#limits.maxBytes, this.#limits.budgetBytes?.() ?? Number.POSITIVE_INFINITY)
    for (;;) {
      const oldest = this.#ring[0]
      if (!oldest || this.#ring.length === 1) return
      const tooLong = this.#seconds - oldest.durationSeconds >= this.#limits.maxSeconds
      const laterKeyframe = this.#ring.findIndex((fragment, index) => index > 0 && fragment.keyframe) > 0
      if (this.#bytes <= maxBytes && !(tooLong && laterKeyframe)) return
      this.#ring.shift()
      this.#bytes -= mediaBytes(oldest)
      this.#seconds -= oldest.durationSeconds
    }
  }
}
