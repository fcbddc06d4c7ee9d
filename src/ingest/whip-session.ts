import type { ClientKey } from '../limit/client-key.ts'
import type { Log } from '../log.ts'
import type { Publication } from '../sfu/publication.ts'
import { readPublisherOffer } from '../sfu/sdp/publisher-offer.ts'
import { WebRtcIngest } from '../sfu/webrtc-ingest.ts'
import type { Registry } from '../streams/registry.ts'
import type { Stream } from '../streams/stream.ts'
import type { PublicationLimit } from './publication-limit.ts'

export type WhipSessionOptions = {
  streamName: string
  /** The publisher's SDP. */
  offer: string
  /** Who publishes: the same one takes the stream over from a connection that may be dead. */
  principal: string
  client: ClientKey
  registry: Registry
  publications: PublicationLimit
  log: Log
  /** Of all that the publisher sends. */
  maxBitrateBps: number
  /** Called once when the gateway ended the publication; not after `close()`. */
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
    const { registry, publications, client, streamName, principal, log } = options
    const { stream, publication } = await publications.publish(client, () =>
      registry.publish(streamName, { kinds: offer.kinds, principal, onEnd: options.onEnd }),
    )
    try {
      const ingest = await WebRtcIngest.create(publication, {
        maxBitrateBps: options.maxBitrateBps,
        // WHIP has no way to tell the publisher.
        onOverBitrate: ({ message }) => log.warn({ stream: streamName }, message),
      })
      return new WhipSession(await ingest.accept(offer), stream, publication, ingest)
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
