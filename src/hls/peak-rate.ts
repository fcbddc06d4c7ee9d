type Sized = { durationSeconds: number; bytes: number }

/**
 * Measures the peak segment bit rate: the largest rate of any row of segments that is 0.5 to 1.5 target durations
 * long (RFC 8216 section 4.1). A live stream's later segments are unknown, so the peak so far has to do.
 */
export class PeakRate {
  readonly #targetDuration: number
  /** Newest segments, together at most 1.5 target durations. */
  #recent: Sized[] = []
  #peakBps = 0

  constructor(targetDuration: number) {
    this.#targetDuration = targetDuration
  }

  /** 0 until there was a row long enough. */
  get bps(): number {
    return this.#peakBps
  }

  add(segment: Sized): void {
    this.#recent.push(segment)
    let seconds = 0
    let bytes = 0
    for (let from = this.#recent.length - 1; from >= 0; from -= 1) {
      seconds += this.#recent[from]?.durationSeconds ?? 0
      bytes += this.#recent[from]?.bytes ?? 0
      if (seconds > this.#targetDuration * 1.5) {
        this.#recent = this.#recent.slice(from + 1)
        return
      }
      if (seconds >= this.#targetDuration * 0.5)
        this.#peakBps = Math.max(this.#peakBps, (bytes * 8) / seconds)
    }
  }
}
