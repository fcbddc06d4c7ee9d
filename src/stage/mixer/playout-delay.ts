/** What the decoder and the timer may be late by, beyond what was seen. */
const marginMs = 3
const windowMs = 3_000
/** How fast it becomes shorter: slow enough that nobody hears the sound being stretched. */
const fallMsPerTick = 0.5

export type DelayLimits = { leastMs: number; mostMs: number }

/** Lateness that was seen in a second, kept for three. */
type Bucket = { startMs: number; worstMs: number }

/**
 * How far behind capture a person is played: enough for nearly all that came in the last 3 s, sound and picture
 * alike, so that lips stay in sync. It grows at once and shrinks slowly.
 */
export class PlayoutDelay {
  readonly #limits: DelayLimits
  #ms: number
  #buckets: Bucket[] = []

  constructor(limits: DelayLimits) {
    this.#limits = limits
    this.#ms = limits.leastMs
  }

  get ms(): number {
    return this.#ms
  }

  /** @param lateMs from capture until it could be played, the length of a sound block included. */
  saw(lateMs: number, nowMs: number): void {
    const bucket = this.#buckets.at(-1)
    if (!bucket || nowMs - bucket.startMs > windowMs / 3) {
      this.#buckets.push({ startMs: nowMs, worstMs: lateMs })
    } else bucket.worstMs = Math.max(bucket.worstMs, lateMs)
    this.#buckets = this.#buckets.filter(({ startMs }) => nowMs - startMs <= windowMs)
  }

  /** Moves on by one tick. @returns the change in ms: negative while it becomes shorter. */
  tick(): number {
    const worst = Math.max(0, ...this.#buckets.map(({ worstMs }) => worstMs))
    const wanted = Math.min(this.#limits.mostMs, Math.max(this.#limits.leastMs, worst + marginMs))
    const before = this.#ms
    this.#ms = wanted > before ? wanted : Math.max(wanted, before - fallMsPerTick)
    return this.#ms - before
  }
}
