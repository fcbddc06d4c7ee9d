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
   * @throws GatewayError TOO_MANY_VIEWERS at once, NO_NEW_MEDIA when it took too long, and what the attempt throws.
   */
  async wait<T>(waiters: Waiters, attempt: Attempt<T>, response: ServerResponse): Promise<T> {
    if (this.#taken >= this.#places) {
      throw new GatewayError('TOO_MANY_VIEWERS', 'Too many viewers wait for media. Try again soon.')
    }
    this.#taken += 1
    const answer = Promise.withResolvers<T>()
    const cancel = waiters.add(attempt, (outcome) => {
      if (outcome === 'late') answer.reject(new GatewayError('NO_NEW_MEDIA', 'No new media came in time.'))
      else if ('error' in outcome) answer.reject(outcome.error)
      else answer.resolve(outcome.answer)
    })
    const onClose = () => {
      cancel()
      answer.reject(new GatewayError('CONNECTION_LOST', 'The viewer hung up.'))
    }
    response.once('close', onClose)
    try {
      return await answer.promise
    } finally {
      response.off('close', onClose)
      this.#taken -= 1
    }
  }
}
