/** Tries to give the answer; undefined: not yet. It must be cheap, and may throw what the waiting one is to get. */
export type Attempt<T> = () => T | undefined

/** What a waiting request gets: its answer, an error, or nothing because its time is over. */
export type Outcome<T> = { answer: T } | { error: unknown } | 'late'

type Waiter = { attempt: () => boolean; late: () => void; deadlineMs: number }

/**
 * Requests that wait for the next media. One `wake` looks at all of them; waiting costs memory only: there is one timer
 * for all, and nobody polls.
 */
export class Waiters {
  readonly #timeoutMs: number
  /** In the order of their deadlines, because all wait equally long. */
  readonly #waiting = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs how long each one waits. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits until the attempt gives an answer.
   * @param done called once, never before this returns.
   * @returns the undo: `done` is not called after it.
   */
  add<T>(attempt: Attempt<T>, done: (outcome: Outcome<T>) => void): () => void {
    const waiter: Waiter = {
      attempt: () => {
        const outcome = outcomeOf(attempt)
        if (outcome === undefined) return false
        done(outcome)
        return true
      },
      late: () => done('late'),
      deadlineMs: performance.now() + this.#timeoutMs,
    }
    this.#waiting.add(waiter)
    this.#timer ??= setTimeout(() => this.#expire(), this.#timeoutMs)
    return () => void this.#waiting.delete(waiter)
  }

  /** The media went on: everybody tries again. */
  wake(): void {
    for (const waiter of this.#waiting) if (waiter.attempt()) this.#waiting.delete(waiter)
  }

  #expire(): void {
    this.#timer = undefined
    // Timers have whole milliseconds.
    const nowMs = performance.now() + 1
    for (const waiter of this.#waiting) {
      if (waiter.deadlineMs > nowMs) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(waiter.deadlineMs - nowMs))
        return
      }
      this.#waiting.delete(waiter)
      waiter.late()
    }
  }
}

function outcomeOf<T>(attempt: Attempt<T>): Exclude<Outcome<T>, 'late'> | undefined {
  try {
    const answer = attempt()
    return answer === undefined ? undefined : { answer }
  } catch (error) {
    return { error }
  }
}
