/** Above the present speaker by this factor of loudness (6 dB), for this long, a person becomes the speaker. */
const louderBy = 2
const forMs = 500
/** A speaker stays at least this long. */
const holdMs = 2_000
/** Below it nothing is speech: −50 dB of full scale. */
const floor = 0.003
const attackMs = 100
const releaseMs = 1_000

/** Who speaks, judged by how loud each person is. */
export class ActiveSpeaker {
  readonly #levels = new Map<string, number>()
  #speaker: string | null = null
  #sinceMs = Number.NEGATIVE_INFINITY
  #challenger: { id: string; sinceMs: number } | null = null

  get speaker(): string | null {
    return this.#speaker
  }

  /** Smoothed loudness of each person, 0 to 1. */
  get levels(): ReadonlyMap<string, number> {
    return this.#levels
  }

  /**
   * Takes the loudness of everybody who is heard in one tick.
   * @param loudness root mean square by person, 0 to 1; a person who is missing is forgotten.
   */
  tick(loudness: ReadonlyMap<string, number>, tickMs: number, nowMs: number): void {
    for (const id of this.#levels.keys()) if (!loudness.has(id)) this.#levels.delete(id)
    for (const [id, now] of loudness) {
      const before = this.#levels.get(id) ?? 0
      const timeMs = now > before ? attackMs : releaseMs
      this.#levels.set(id, before + (now - before) * Math.min(1, tickMs / timeMs))
    }
    if (this.#speaker !== null && !this.#levels.has(this.#speaker)) this.#speaker = null
    const loudest = [...this.#levels].reduce<[string, number] | undefined>(
      (best, each) => (each[1] > (best?.[1] ?? floor) ? each : best),
      undefined,
    )
    const present = this.#speaker === null ? 0 : (this.#levels.get(this.#speaker) ?? 0)
    if (!loudest || loudest[0] === this.#speaker || loudest[1] < present * louderBy) {
      this.#challenger = null
      return
    }
    const [id] = loudest
    if (this.#challenger?.id !== id) this.#challenger = { id, sinceMs: nowMs }
    const waited = nowMs - this.#challenger.sinceMs >= forMs && nowMs - this.#sinceMs >= holdMs
    if (this.#speaker !== null && !waited) return
    this.#speaker = id
    this.#sinceMs = nowMs
    this.#challenger = null
  }
}
