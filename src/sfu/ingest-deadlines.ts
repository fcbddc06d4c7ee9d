import { GatewayError } from '../errors.ts'

/** What a publisher has to do next, and what is said when it does not. */
const steps = {
  connect: { withinMs: 15_000, late: 'The publisher did not begin to connect.' },
  connected: { withinMs: 15_000, late: 'The connection of the publisher did not come about.' },
  media: { withinMs: 20_000, late: 'The publisher is connected, but sends no media.' },
} as const

type Step = keyof typeof steps
const order: readonly Step[] = ['connect', 'connected', 'media']

/** Bounds each step from the creation of a publisher's transport to its first RTP packet: until then it sends nothing, but has a place. */
export class IngestDeadlines {
  readonly #onLate: (error: GatewayError) => void
  #next = 0
  #timer: NodeJS.Timeout | undefined

  /** @param onLate called once with CONNECTION_LOST when a step took too long. */
  constructor(onLate: (error: GatewayError) => void) {
    this.#onLate = onLate
    this.#wait()
  }

  /** The publisher did a step, and with it those before. */
  reached(step: Step): void {
    const next = order.indexOf(step) + 1
    if (next <= this.#next) return
    this.#next = next
    this.#wait()
  }

  close(): void {
    this.#next = order.length
    clearTimeout(this.#timer)
  }

  #wait(): void {
    clearTimeout(this.#timer)
    const step = order[this.#next]
    if (step === undefined) return
    const { withinMs, late } = steps[step]
    this.#timer = setTimeout(() => this.#onLate(new GatewayError('CONNECTION_LOST', late)), withinMs)
  }
}
