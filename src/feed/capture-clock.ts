/** A capture time further off than this from now is a broken clock, not a delay. */
const plausibleMs = 30_000
/** Reference times that leave the media's own time by more than this tell of a clock that was set. */
const stepMs = 1_000

/**
 * Tells when media was captured, on the steady clock. The packager's reference times are capture times once the
 * SFU's sender reports reached it, which follow the publisher's; before, and for transcoded video, the capture time is
 * estimated from arrivals: the smallest delay seen so far counts as the true one, so that a late fragment does not
 * move the clock.
 */
export class CaptureClock {
  /** Smallest (arrival - media end) seen: ms since 1970 at media time 0. */
  #originMs = Number.POSITIVE_INFINITY
  /** The newest reference time that was believed, with the media time that it belongs to. */
  #believed: { startSeconds: number; ms: number } | undefined
  /** What has to be added to reference times since their clock was set. */
  #correctionMs = 0

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
    const believedMs =
      referenceMs === undefined ? undefined : this.#believe(fragment, arrivedAtMs, referenceMs)
    return believedMs ?? this.#originMs + fragment.startSeconds * 1_000
  }

  /** The reference time, without steps of the clock that it was read from; undefined when it can't be true. */
  #believe(
    { startSeconds, durationSeconds }: { startSeconds: number; durationSeconds: number },
    arrivedAtMs: number,
    referenceMs: number,
  ): number | undefined {
    // Without sender reports ffmpeg fills in the time of writing, with the same flags. Its delay gives it away:
    // media can't have been captured later than its own duration before it arrived.
    const isPlausible = (ms: number) =>
      arrivedAtMs - ms > durationSeconds * 500 && arrivedAtMs - ms < plausibleMs
    const previous = this.#believed
    let ms = referenceMs + this.#correctionMs
    if (previous) {
      const expectedMs = previous.ms + (startSeconds - previous.startSeconds) * 1_000
      if (Math.abs(ms - expectedMs) > stepMs && isPlausible(expectedMs)) {
        this.#correctionMs += expectedMs - ms
        ms = expectedMs
      }
    }
    if (!isPlausible(ms)) return undefined
    this.#believed = { startSeconds, ms }
    return ms
  }
}
