import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError } from '../errors.ts'
import type { ClientKey } from '../limit/client-key.ts'
import { CountLimit, shareOf } from '../limit/count-limit.ts'
import type { Publication } from '../sfu/publication.ts'
import type { PublishGrant } from './publish-grant.ts'

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
   * Publishes, with a place that is given back when the publication closes, and a grant that lasts as long.
   * @param onRevoked called once when the grant ends before.
   * @throws GatewayError TOO_MANY_REQUESTS, and what `publish` throws.
   */
  async publish<T extends { publication: Publication }>(
    client: ClientKey,
    grant: PublishGrant,
    onRevoked: (error: GatewayError) => void,
    publish: () => Promise<T>,
  ): Promise<T> {
    const leave = this.#places.enter(
      client,
      () => new GatewayError('TOO_MANY_REQUESTS', 'Too many streams are published from your address.'),
    )
    let release: (() => void) | undefined
    try {
      release = grant.hold(onRevoked)
      const published = await publish()
      published.publication.onceClosed(leave)
      published.publication.onceClosed(release)
      return published
    } catch (error) {
      leave()
      release?.()
      throw error
    }
  }
}
