import type { ServerResponse } from 'node:http'
import { GatewayError } from '../../errors.ts'
import type { Attempt, Waiters } from '../../hls/waiters.ts'
import type { ClientKey } from '../../limit/client-key.ts'
import type { CountLimit, Fullness } from '../../limit/count-limit.ts'

/** Bounds how many requests wait for media, over all streams. */
export class BlockedRequests {
  readonly #limit: CountLimit

  constructor(limit: CountLimit) {
    this.#limit = limit
  }

  /**
   * Waits until the attempt gives an answer. On disconnect its slot is freed, and `done` is not called.
   * @param done gets the answer or what the attempt threw, or NO_NEW_MEDIA when it took too long.
   * @throws GatewayError TOO_MANY_VIEWERS, or TOO_MANY_REQUESTS when it is this client that has too many.
   */
  enter<T>(
    client: ClientKey,
    waiters: Waiters,
    attempt: Attempt<T>,
    response: ServerResponse,
    done: (outcome: { answer: T } | { error: unknown }) => void,
  ): void {
    const leave = this.#limit.enter(client, tooMany)
    const cancel = waiters.add(attempt, (outcome) => {
      leave()
      response.off('close', onClose).off('timeout', goOnWaiting)
      done(
        outcome === 'late'
          ? { error: new GatewayError('NO_NEW_MEDIA', 'No new media came in time.') }
          : outcome,
      )
    })
    const onClose = () => {
      leave()
      cancel()
    }
    response.once('close', onClose).on('timeout', goOnWaiting)
  }
}

/** Whoever waits for media is silent, and may be for longer than who takes an answer (`http/stalled-answers.ts`). */
function goOnWaiting(): void {
  return
}

function tooMany(fullness: Fullness): GatewayError {
  return fullness === 'client'
    ? new GatewayError('TOO_MANY_REQUESTS', 'Too many requests from your address wait for media.')
    : new GatewayError('TOO_MANY_VIEWERS', 'Too many viewers wait for media. Try again soon.')
}
