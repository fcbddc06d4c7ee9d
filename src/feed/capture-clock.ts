/** A capture time further off than this from now is a broken clock, not a delay. */
const plausibleMs = 30_000

/**
 * Tells when media was captured, on this machine's clock. The packager's reference times are capture times once the
 * SFU's sender reports reached it, which follow the publisher's; before, and for transcoded video, the capture time is
 * estimated from arrivals: the smallest delay seen so far counts as the true one, so that a late fragment does not
 * move the clock.
 */
export class CaptureClock {
  /** Smallest (arrival - media end) seen: ms since 1970 at media time 0. */
  #originMs = Number.POSITIVE_INFINITY

  /**
   * Media time 0 was captured before this moment. The first fragments come late, because a packager that starts looks
   * at its input first: by their arrivals alone the beginning would be dated up to a second too late.
   */
  beganBefore(ms: number): void {
    this.#originMs = Math.min(this.#originMs, ms)
  }

  /**
   * @param referenceMs capture time of the first sample, if the fragment brought one.
   * @returns ms since 1970 at which the fragment's first sample was captured.
   */
  capturedAtMs(
    fragment: { startSeconds: number; durationSeconds: number },
    arrivedAtMs: number,
    referenceMs?: number,
  ): number {
    const endMs = (fragment.startSeconds + fragment.durationSeconds) * 1_000
    this.#originMs = Math.min(this.#originMs, arrivedAtMs - endMs)
    if (referenceMs !== undefined) {
      const delayMs = arrivedAtMs - referenceMs
      // Without sender reports ffmpeg fills in the time of writing, with the same flags. Its delay gives it away:
      // media can't have been captured later than its own duration before it arrived.
      if (delayMs > fragment.durationSeconds * 500 && delayMs < plausibleMs) return referenceMs
    }
    return this.#originMs + fragment.startSeconds * 1_000
  }
}
