import { type BackoffRule, backoffMs } from './backoff.ts'
import { pause } from './pause.ts'

/** So many attempts may end early on purpose, one right after the other, before the next has to wait. */
const freeRestarts = 3
const restartRule: BackoffRule = { firstMs: 250, maxMs: 10_000, jitter: 0.2 }

/** next: another attempt is due at once · over: there is nothing left to do. */
export type AttemptEnd = 'next' | 'over'

export type Attempt = {
  /** Aborted by `close()`: the attempt has to end. */
  signal: AbortSignal
  /** To be called when the attempt does what it is for; further calls change nothing. */
  healthy(): void
}

export type Wait = {
  /** In ms. */
  delayMs: number
  /** Why the last attempt failed; null: attempts ended on purpose, but one too soon after the other. */
  failure: { error: unknown; inARow: number } | null
}

export type SupervisorOptions = {
  /** Runs one attempt. Resolves when nothing of it is left; rejects when it failed, and then, too, nothing is left. */
  attempt: (attempt: Attempt) => Promise<AttemptEnd>
  /** How long to wait, in ms, after an attempt failed as the `inARow`th (1, 2, …) without a healthy one in between. */
  retryDelayMs: (inARow: number, error: unknown) => number
  /** An attempt that was healthy for so long, in ms, makes the earlier ones forgotten. */
  healthyAfterMs: number
  /** Called before each wait. */
  onWait?: (wait: Wait) => void
}

/**
 * Keeps something running: one attempt at a time, the next after a delay that grows while they fail. Attempts that
 * end on purpose are followed at once, unless they do nothing else.
 */
export class Supervisor {
  /** Resolves when an attempt said that it is over, or after `close()`, and nothing is left of the last one. */
  readonly done: Promise<void>
  readonly #options: SupervisorOptions
  readonly #closing = new AbortController()
  #hurry = new AbortController()
  #failures = 0
  #restarts = 0

  /** Starts the first attempt before it returns; the caller owes a `close()`. */
  constructor(options: SupervisorOptions) {
    this.#options = options
    this.done = this.#run()
  }

  /** Ends the wait for the next attempt, if it waits. */
  retryNow(): void {
    this.#hurry.abort()
  }

  /** Ends the present attempt; no other follows. May be called twice. */
  close(): Promise<void> {
    this.#closing.abort()
    return this.done
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const wait = await this.#attempt(signal)
      if (wait === 'over' || signal.aborted) return
      if (wait.delayMs === 0) continue
      this.#hurry = new AbortController()
      this.#options.onWait?.(wait)
      await pause(wait.delayMs, AbortSignal.any([signal, this.#hurry.signal]))
    }
  }

  async #attempt(signal: AbortSignal): Promise<Wait | 'over'> {
    const { attempt, healthyAfterMs, retryDelayMs } = this.#options
    let healthyAtMs: number | undefined
    const healthy = (): void => {
      healthyAtMs ??= performance.now()
    }
    const settle = (): void => {
      if (healthyAtMs === undefined || performance.now() - healthyAtMs < healthyAfterMs) return
      this.#failures = 0
      this.#restarts = 0
    }
    try {
      if ((await attempt({ signal, healthy })) === 'over') return 'over'
      settle()
      this.#restarts += 1
      const tooMany = this.#restarts - freeRestarts
      return { delayMs: tooMany > 0 ? backoffMs(restartRule, tooMany, Math.random()) : 0, failure: null }
    } catch (error) {
      settle()
      this.#failures += 1
      const inARow = this.#failures
      return { delayMs: retryDelayMs(inARow, error), failure: { error, inARow } }
    }
  }
}
