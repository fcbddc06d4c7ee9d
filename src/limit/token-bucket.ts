/** Bounds how often something happens: `burst` at once, and `perSecond` over time. */
export class TokenBucket {
  readonly #burst: number
  readonly #perSecond: number
  readonly #nowMs: () => number
  #tokens: number
  #filledAtMs: number

  /** @param nowMs a clock that never jumps. */
  constructor(burst: number, perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#nowMs = nowMs
    this.#tokens = burst
    this.#filledAtMs = nowMs()
  }

  /** Whether it may happen now. */
  take(): boolean {
    const nowMs = this.#nowMs()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond)
    this.#filledAtMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
