import type { Progress } from '../ffmpeg/progress.ts'
import { ByteRate } from './byte-rate.ts'
import { headerBytes, judgeLiveness, type Liveness, livenessLimits } from './liveness.ts'

const rateWindowMs = 5_000

/** Keeps the facts about one push: what went in, what came out, when. All times in ms on one clock. */
export class PushMeter {
  readonly #startedAtMs: number
  readonly #rate = new ByteRate(rateWindowMs)
  #totalBytes = 0
  #firstMovedAtMs: number | null = null
  #movedAtMs: number | null = null
  #offeredSeconds = 0

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs
  }

  get live(): boolean {
    return this.#movedAtMs !== null
  }

  /** How long media has been leaving. */
  get movedForMs(): number {
    if (this.#firstMovedAtMs === null || this.#movedAtMs === null) return 0
    return this.#movedAtMs - this.#firstMovedAtMs
  }

  /** The feed delivered this much media. */
  offered(seconds: number): void {
    this.#offeredSeconds += seconds
  }

  /** ffmpeg told what it has sent. */
  report(progress: Progress, nowMs: number): void {
    this.#rate.add(progress.totalBytes, nowMs)
    if (progress.totalBytes <= Math.max(headerBytes, this.#totalBytes)) return
    this.#totalBytes = progress.totalBytes
    this.#movedAtMs = nowMs
    this.#firstMovedAtMs ??= nowMs
    this.#offeredSeconds = 0
  }

  liveness(nowMs: number): Liveness {
    const facts = {
      startedAtMs: this.#startedAtMs,
      movedAtMs: this.#movedAtMs,
      offeredSeconds: this.#offeredSeconds,
    }
    return judgeLiveness(facts, nowMs, livenessLimits)
  }

  bitrateBps(nowMs: number): number {
    return this.#rate.bitrateBps(nowMs)
  }
}
