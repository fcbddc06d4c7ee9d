import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError } from '../errors.ts'
import type { ClientKey } from '../limit/client-key.ts'
import { CountLimit, shareOf } from '../limit/count-limit.ts'
import type { Publication } from '../sfu/publication.ts'

/** Bounds the publications of one address, by WHIP and websocket together. How many there are in all, the registry bounds. */
export class PublicationLimit {
  readonly #places: CountLimit

  constructor({ maxStreams, maxAddressShare }: Pick<LimitsConfig, 'maxStreams' | 'maxAddressShare'>) {
    this.#places = new CountLimit({
      total: Number.POSITIVE_INFINITY,
      each: shareOf(maxStreams, maxAddressShare),
    })
  }

  /**
   * Publishes, with a place that is given back when the publication closes.
   * @throws GatewayError TOO_MANY_REQUESTS, and what `publish` throws.
   */
  async publish<T extends { publication: Publication }>(
    client: ClientKey,
    publish: () => Promise<T>,
  ): Promise<T> {
    const leave = this.#places.enter(
      client,
      () => new GatewayError('TOO_MANY_REQUESTS', 'Too many streams are published from your address.'),
    )
    try {
      const published = await publish()
      published.publication.onceClosed(leave)
      return published
    } catch (error) {
      leave()
      throw error
    }
  }
}
