import type { ServerResponse } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Attempt, Waiters } from '../hls/waiters.ts'

/** Bounds how many requests wait for media, over all streams. */
export class WaitingRoom {
  readonly #places: number
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /**
   * Waits until the attempt gives an answer. Whoever hangs up leaves the room, and nothing comes of it any more.
   * @param done gets the answer or what the attempt threw, or NO_NEW_MEDIA when it took too long.
   * @throws GatewayError TOO_MANY_VIEWERS.
   */
  enter<T>(
    waiters: Waiters,
    attempt: Attempt<T>,
    response: ServerResponse,
    done: (outcome: { answer: T } | { error: unknown }) => void,
  ): void {
    if (this.#taken >= this.#places) {
      throw new GatewayError('TOO_MANY_VIEWERS', 'Too many viewers wait for media. Try again soon.')
    }
    this.#taken += 1
    const cancel = waiters.add(attempt, (outcome) => {
      this.#taken -= 1
      response.off('close', onClose)
      done(
        outcome === 'late'
          ? { error: new GatewayError('NO_NEW_MEDIA', 'No new media came in time.') }
          : outcome,
      )
    })
    const onClose = () => {
      this.#taken -= 1
      cancel()
    }
    response.once('close', onClose)
  }
}
