/** The least of the values of the last seconds. */
export class LowWater {
  readonly #overMs: number
  /** Oldest first; each is less than all that came after it. */
  #lows: { atMs: number; value: number }[] = []

  constructor(overMs: number) {
    this.#overMs = overMs
  }

  /** Takes the value of this moment and returns the least so far. */
  add(value: number, atMs: number): number {
    this.#lows = this.#lows.filter((low) => low.value < value && atMs - low.atMs <= this.#overMs)
    this.#lows.push({ atMs, value })
    return this.#lows[0]?.value ?? value
  }
}
