type Sample = { atMs: number; totalBytes: number }

/** Rate of a growing byte count over the last few seconds. */
export class ByteRate {
  readonly #windowMs: number
  #samples: Sample[] = []

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  add(totalBytes: number, nowMs: number): void {
    this.#samples = [...this.#within(nowMs), { atMs: nowMs, totalBytes }]
  }

  /** Bits per second; 0 when nothing was added within the window. */
  bitrateBps(nowMs: number): number {
    const samples = this.#within(nowMs)
    const first = samples.at(0)
    const last = samples.at(-1)
    if (!first || !last || last.atMs === first.atMs) return 0
    return Math.round(((last.totalBytes - first.totalBytes) * 8000) / (last.atMs - first.atMs))
  }

  #within(nowMs: number): Sample[] {
    return this.#samples.filter((sample) => nowMs - sample.atMs <= this.#windowMs)
  }
}
