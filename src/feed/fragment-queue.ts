import { type Fragment, mediaBytes } from './fragment.ts'

export type QueueLimits = { maxSeconds: number; maxBytes: number }

/**
 * Fragments that wait for a target, within limits. When the target is too slow, the oldest go, up to a keyframe:
 * what follows can then be decoded, and the target stays close to live.
 */
export class FragmentQueue {
  readonly #limits: QueueLimits
  readonly #fragments: Fragment[] = []
  #bytes = 0
  #seconds = 0
  #dropped = 0
  #droppedSeconds = 0
  /** Decoding can start only at a keyframe: the queue drops what comes before the next one. */
  #wantsKeyframe = true

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  get seconds(): number {
    return this.#seconds
  }

  get empty(): boolean {
    return this.#fragments.length === 0
  }

  /** Fragments that were left out so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** The media in them. */
  get droppedSeconds(): number {
    return this.#droppedSeconds
  }

  add(fragment: Fragment): void {
    if (this.#wantsKeyframe && !fragment.keyframe) {
      this.#dropped += 1
      this.#droppedSeconds += fragment.durationSeconds
      return
    }
    this.#wantsKeyframe = false
    this.#fragments.push(fragment)
    this.#bytes += mediaBytes(fragment)
    this.#seconds += fragment.durationSeconds
    while (this.#bytes > this.#limits.maxBytes || this.#seconds > this.#limits.maxSeconds) this.#dropGroup()
  }

  /** The oldest fragment, taken out. */
  take(): Fragment | undefined {
    const fragment = this.#fragments.shift()
    if (!fragment) return undefined
    this.#bytes -= mediaBytes(fragment)
    // Sums of fractions don't come back to 0 by themselves.
    this.#seconds = this.empty ? 0 : this.#seconds - fragment.durationSeconds
    return fragment
  }

  clear(): void {
    this.#fragments.length = 0
    this.#bytes = 0
    this.#seconds = 0
    this.#wantsKeyframe = true
  }

  #dropGroup(): void {
    const next = this.#fragments.findIndex((fragment, index) => index > 0 && fragment.keyframe)
    const count = next < 0 ? this.#fragments.length : next
    for (let index = 0; index < count; index += 1) this.#droppedSeconds += this.take()?.durationSeconds ?? 0
    this.#dropped += count
    if (this.empty) this.#wantsKeyframe = true
  }
}
