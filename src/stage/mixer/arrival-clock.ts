/** The least delay of this long is taken for the constant part of it. */
const windowMs = 5_000
/** The sender's clock may be slower than ours by this much (1 ms in a second, far more than quartz is off). */
const riseShare = 0.001
/** A fall of this much is no jitter: the decoder has caught up with what had waited. */
const resyncMs = 60

/**
 * Maps a decoder's times to the mixer's clock: the least difference between arrival and time that was seen lately is
 * what capture and decoding cost at best. All tracks of one decoder share it, so they stay in sync.
 */
export class ArrivalClock {
  #offsetMs: number | undefined
  #window = { startMs: 0, leastMs: Number.POSITIVE_INFINITY }
  #previousLeastMs = Number.POSITIVE_INFINITY
  #updatedAtMs = 0

  /**
   * @param timeMs the decoder's time of what came.
   * @returns when it was captured on the mixer's clock; `resync` when all that came before has a wrong time.
   */
  map(timeMs: number, arrivedAtMs: number): { capturedAtMs: number; resync: boolean } {
    const difference = arrivedAtMs - timeMs
    if (arrivedAtMs - this.#window.startMs > windowMs) {
      this.#previousLeastMs = this.#window.leastMs
      this.#window = { startMs: arrivedAtMs, leastMs: difference }
    } else this.#window.leastMs = Math.min(this.#window.leastMs, difference)
    const before = this.#offsetMs ?? difference
    const least = Math.min(this.#window.leastMs, this.#previousLeastMs)
    const rise = (arrivedAtMs - this.#updatedAtMs) * riseShare
    this.#updatedAtMs = arrivedAtMs
    this.#offsetMs = least < before ? least : Math.min(least, before + rise)
    return { capturedAtMs: timeMs + this.#offsetMs, resync: before - this.#offsetMs > resyncMs }
  }
}
