import { type ClockBounds, clockOffsetMs, narrowClockBounds } from './clock-bounds.ts'

/** The gateway's clock as seen from here; every API answer makes it more exact. */
export class ServerClock {
  #bounds: ClockBounds | null = null

  observe(response: Response, sentMs: number): void {
    const dateMs = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(dateMs)) return
    this.#bounds = narrowClockBounds(this.#bounds, { dateMs, sentMs, receivedMs: Date.now() })
  }

  /** The gateway's time now, in ms since 1970. */
  now(): number {
    return Date.now() + clockOffsetMs(this.#bounds)
  }
}
