/** How often the bytes that came are to be counted. */
export const countEveryMs = 2_000
/** Averages are over this time: a keyframe or a scene that is hard to encode is no reason to end a show. */
const windowMs = 10_000
/** RTP and SRTP headers, repairs and bandwidth probes come on top of the bitrate that an encoder is set to. */
const tolerance = 1.25
/** How long a publisher may go on after the warning: time to read it and to set the encoder. */
const graceMs = 20_000

export type Verdict = 'within' | 'warn' | 'end'

/**
 * Decides whether a publisher sends more than it may. Browsers obey the limit that congestion control tells them; OBS and
 * other encoders send what they were set to. Pure, but for what it remembers.
 */
export class BitrateLimit {
  readonly #maxBytesPerMs: number
  #counts: { bytes: number; atMs: number }[] = []
  #warnedAtMs: number | undefined

  constructor(maxBitrateBps: number) {
    this.#maxBytesPerMs = (maxBitrateBps / 8 / 1_000) * tolerance
  }

  /**
   * @param bytes all that came so far.
   * @param atMs by a clock that never jumps.
   * @returns 'warn' once each time the limit begins to be exceeded; 'end' when that goes on for the grace period.
   */
  count(bytes: number, atMs: number): Verdict {
    this.#counts.push({ bytes, atMs })
    this.#counts = this.#counts.filter((each) => atMs - each.atMs <= windowMs)
    const [first] = this.#counts
    // A young connection has no average yet.
    if (!first || atMs - first.atMs < windowMs - countEveryMs) return 'within'
    if ((bytes - first.bytes) / (atMs - first.atMs) <= this.#maxBytesPerMs) {
      this.#warnedAtMs = undefined
      return 'within'
    }
    if (this.#warnedAtMs === undefined) {
      this.#warnedAtMs = atMs
      return 'warn'
    }
    return atMs - this.#warnedAtMs >= graceMs ? 'end' : 'within'
  }
}
