import type { ClientKey } from '../limit/client-key.ts'
import type { Log } from '../log.ts'
import type { Publication } from '../sfu/publication.ts'
import { readPublisherOffer } from '../sfu/sdp/publisher-offer.ts'
import { WebRtcIngest } from '../sfu/webrtc-ingest.ts'
import { anonymous } from '../streams/may-take-over.ts'
import type { Registry } from '../streams/registry.ts'
import type { Stream } from '../streams/stream.ts'
import type { PublicationLimit } from './publication-limit.ts'
import type { PublishGrant } from './publish-grant.ts'

export type WhipSessionOptions = {
  streamName: string
  /** The publisher's SDP. */
  offer: string
  client: ClientKey
  registry: Registry
  publications: PublicationLimit
  grant: PublishGrant
  log: Log
  /** Of all that the publisher sends. */
  maxBitrateBps: number
  /** Called once when the gateway ended the publication, or its grant; not after `close()`. */
  onEnd: () => void
}

/** One publisher who came by WHIP (RFC 9725). */
export class WhipSession {
  readonly answer: string
  readonly #stream: Stream
  readonly #publication: Publication
  readonly #ingest: WebRtcIngest

  private constructor(answer: string, stream: Stream, publication: Publication, ingest: WebRtcIngest) {
    this.answer = answer
    this.#stream = stream
    this.#publication = publication
    this.#ingest = ingest
  }

  /**
   * Publishes what an offer offers.
   * @throws GatewayError BAD_REQUEST and UNSUPPORTED_MEDIA for the offer, and what `Registry.publish` throws.
   */
  static async open(options: WhipSessionOptions): Promise<WhipSession> {
    const offer = readPublisherOffer(options.offer)
    const { registry, publications, client, streamName, grant, log } = options
    let session: WhipSession | undefined
    let revoked = false
    const onRevoked = (): void => {
      revoked = true
      options.onEnd()
      session
        ?.close()
        .catch((error) => log.error({ err: error, stream: streamName }, 'closing a publisher failed'))
    }
    const principal = grant.principal ?? anonymous
    const { stream, publication } = await publications.publish(client, grant, onRevoked, () =>
      registry.publish(streamName, { kinds: offer.kinds, principal, onEnd: options.onEnd }),
    )
    try {
      const ingest = await WebRtcIngest.create(publication, {
        maxBitrateBps: options.maxBitrateBps,
        // WHIP has no way to tell the publisher.
        onOverBitrate: ({ message }) => log.warn({ stream: streamName }, message),
      })
      session = new WhipSession(await ingest.accept(offer), stream, publication, ingest)
      if (revoked) await session.close()
      return session
    } catch (error) {
      await stream.release(publication, 'lost')
      throw error
    }
  }

  /** @returns the SDP fragment with the gateway's side of the new ICE session. */
  restartIce(): Promise<string> {
    return this.#ingest.restartIceByFragment()
  }

  /** The publisher stopped: the stream ends. */
  async close(): Promise<void> {
    await this.#stream.release(this.#publication, 'stopped')
    this.#ingest.close()
  }
}
