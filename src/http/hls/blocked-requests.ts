import type { ServerResponse } from 'node:http'
import { GatewayError } from '../../errors.ts'
import type { Attempt, Waiters } from '../../hls/waiters.ts'

/** Bounds how many requests wait for media, over all streams. */
export class BlockedRequests {
  readonly #limit: number
  #blocked = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Waits until the attempt gives an answer. On disconnect its slot is freed, and `done` is not called.
   * @param done gets the answer or what the attempt threw, or NO_NEW_MEDIA when it took too long.
   * @throws GatewayError TOO_MANY_VIEWERS.
   */
  enter<T>(
    waiters: Waiters,
    attempt: Attempt<T>,
    response: ServerResponse,
    done: (outcome: { answer: T } | { error: unknown }) => void,
  ): void {
    if (this.#blocked >= this.#limit) {
      throw new GatewayError('TOO_MANY_VIEWERS', 'Too many viewers wait for media. Try again soon.')
    }
    this.#blocked += 1
    const cancel = waiters.add(attempt, (outcome) => {
      this.#blocked -= 1
      response.off('close', onClose)
      done(
        outcome === 'late'
          ? { error: new GatewayError('NO_NEW_MEDIA', 'No new media came in time.') }
          : outcome,
      )
    })
    const onClose = () => {
      this.#blocked -= 1
      cancel()
    }
    response.once('close', onClose)
  }
}
