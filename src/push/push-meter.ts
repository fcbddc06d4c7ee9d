import type { Progress } from '../ffmpeg/progress.ts'
import { ByteRate } from './byte-rate.ts'
import { headerBytes, judgeLiveness, type Liveness, livenessLimits } from './liveness.ts'

const rateWindowMs = 5_000

/** Keeps the facts about one push: what went in, what arrived, when. All times in ms on one clock. */
export class PushMeter {
  readonly #startedAtMs: number
  readonly #rate = new ByteRate(rateWindowMs)
  readonly #offeredRate = new ByteRate(rateWindowMs)
  #offeredBytes = 0
  #live = false
  #arrivedBytes = 0
  #firstMovedAtMs: number | null = null
  #movedAtMs: number | null = null
  #offeredSeconds = 0

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs
  }

  /** Media left ffmpeg: the server accepted the stream. */
  get live(): boolean {
    return this.#live
  }

  /** Bytes that the server has acknowledged. */
  get arrivedBytes(): number {
    return this.#arrivedBytes
  }

  /** How long media has been leaving. */
  get movedForMs(): number {
    if (this.#firstMovedAtMs === null || this.#movedAtMs === null) return 0
    return this.#movedAtMs - this.#firstMovedAtMs
  }

  /** The feed delivered this much media. */
  offered(seconds: number, bytes: number, nowMs: number): void {
    this.#offeredSeconds += seconds
    this.#offeredBytes += bytes
    this.#offeredRate.add(this.#offeredBytes, nowMs)
  }

  offeredBytesPerSecond(nowMs: number): number {
    return this.#offeredRate.bitrateBps(nowMs) / 8
  }

  /** ffmpeg told what it has sent. */
  report(progress: Progress, nowMs: number): void {
    if (this.#live || progress.totalBytes <= headerBytes) return
    this.#live = true
    this.#moved(nowMs)
  }

  /** So many bytes have arrived so far, as the kernel knows. */
  arrived(totalBytes: number, nowMs: number): void {
    const grew = totalBytes > this.#arrivedBytes
    if (grew) this.#arrivedBytes = totalBytes
    this.#rate.add(this.#arrivedBytes, nowMs)
    if (grew && this.#live) this.#moved(nowMs)
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

  #moved(nowMs: number): void {
    this.#movedAtMs = nowMs
    this.#firstMovedAtMs ??= nowMs
    this.#offeredSeconds = 0
  }
}
