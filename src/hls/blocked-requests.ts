import { GatewayError } from '../errors.ts'

/** Tries to give the answer; undefined: not yet. It must be cheap, and may throw what the waiting request is to get. */
export type Attempt<T> = () => T | undefined

/** What a blocked request gets: its answer, or an error. */
export type Outcome<T> = { answer: T } | { error: unknown }

type Blocked = { attempt: () => boolean; late: () => void; deadlineMs: number }

/**
 * Requests that wait for a stream's next media. One `wake` looks at all of them; waiting costs memory only: there is one
 * timer for all, and none polls.
 */
export class BlockedRequests {
  readonly #timeoutMs: number
  /** In the order of their deadlines, because all wait equally long. */
  readonly #waiting = new Set<Blocked>()
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs how long each one waits. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits until the attempt gives an answer or throws, or fails with NO_NEW_MEDIA when it takes too long.
   * @param done called once, never before this returns.
   * @returns the undo: `done` is not called after it.
   */
  add<T>(attempt: Attempt<T>, done: (outcome: Outcome<T>) => void): () => void {
    const blocked: Blocked = {
      attempt: () => {
        const outcome = outcomeOf(attempt)
        if (outcome === undefined) return false
        done(outcome)
        return true
      },
      late: () => done({ error: new GatewayError('NO_NEW_MEDIA', 'No new media came in time.') }),
      deadlineMs: performance.now() + this.#timeoutMs,
    }
    this.#waiting.add(blocked)
    this.#timer ??= setTimeout(() => this.#expire(), this.#timeoutMs)
    return () => void this.#waiting.delete(blocked)
  }

  /** The media went on: each request tries again. */
  wake(): void {
    for (const blocked of this.#waiting) if (blocked.attempt()) this.#waiting.delete(blocked)
  }

  #expire(): void {
    this.#timer = undefined
    // Timers have whole milliseconds.
    const nowMs = performance.now() + 1
    for (const blocked of this.#waiting) {
      if (blocked.deadlineMs > nowMs) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(blocked.deadlineMs - nowMs))
        return
      }
      this.#waiting.delete(blocked)
      blocked.late()
    }
  }
}

function outcomeOf<T>(attempt: Attempt<T>): Outcome<T> | undefined {
  try {
    const answer = attempt()
    return answer === undefined ? undefined : { answer }
  } catch (error) {
    return { error }
  }
}
