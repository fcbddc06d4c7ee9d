import type { GatewayError } from '../errors.ts'

/** That somebody may publish on a stream. */
export type PublishGrant = {
  /** Who: the same one may take the stream over. Null when it is not known. */
  principal: string | null
  /**
   * Keeps the grant for as long as the publication lasts.
   * @param end called once when the grant ends before.
   * @returns to be called when the publication is over.
   * @throws GatewayError TOO_MANY_STREAMS
   */
  hold: (end: (error: GatewayError) => void) => () => void
}

/**
 * Lets a publisher in.
 * @param key what came with the request to publish; undefined when nothing did.
 * @throws GatewayError UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS
 */
export type PublishGate = (key: string | undefined) => Promise<PublishGrant>
