const silentMs = 10_000
const lookMs = 1000

/**
 * Notices a gateway that stopped sending its status (about one a second): a websocket whose network was pulled
 * stays "open" for minutes. Armed by the first status. Compares times instead of running one long timer, because
 * browsers slow the timers of hidden tabs down.
 */
export class SilenceWatch {
  readonly #timer: ReturnType<typeof setInterval>
  #heardMs: number | null = null

  constructor(onSilent: () => void) {
    let lookedMs = Date.now()
    this.#timer = setInterval(() => {
      const nowMs = Date.now()
      // A computer that slept heard nothing, but that says nothing about the gateway.
      if (nowMs - lookedMs > silentMs && this.#heardMs !== null) this.#heardMs = nowMs
      lookedMs = nowMs
      if (this.#heardMs !== null && nowMs - this.#heardMs > silentMs) onSilent()
    }, lookMs)
  }

  heard(): void {
    this.#heardMs = Date.now()
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
