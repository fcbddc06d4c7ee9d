import { randomBytes } from 'node:crypto'
import type { IceParameters, WebRtcTransport } from 'mediasoup/types'
import { GatewayError, messageOf } from '../errors.ts'
import type { Publication, TrackKind } from './publication.ts'
import { readDtlsParameters, readRtpParameters } from './publisher-parameters.ts'
import { writeAnswer, writeIceFragment } from './sdp/answer.ts'
import type { PublisherOffer } from './sdp/publisher-offer.ts'

/** ICE consent (RFC 7675): a publisher that answers no checks for this long is gone. */
const iceConsentSeconds = 15
/** A publisher whose offer was answered has to be connected by then. */
const connectWithinMs = 15_000

/** A publisher's WebRTC connection: its tracks go into the publication, and its end ends the publication. */
export class WebRtcIngest {
  readonly #transport: WebRtcTransport
  readonly #publication: Publication
  /** One name for all tracks: they share a clock (RFC 7022). */
  readonly #cname = randomBytes(12).toString('base64url')
  #connected = false

  private constructor(transport: WebRtcTransport, publication: Publication) {
    this.#transport = transport
    this.#publication = publication
  }

  static async create(publication: Publication, limits: { maxBitrateBps: number }): Promise<WebRtcIngest> {
    const { router, webRtcServer } = publication.mediaRouter
    const transport = await router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      iceConsentTimeout: iceConsentSeconds,
    })
    await transport.setMaxIncomingBitrate(limits.maxBitrateBps)
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected' || state === 'closed') publication.fail(connectionLost())
    })
    transport.on('dtlsstatechange', (state) => {
      if (state === 'failed' || state === 'closed') publication.fail(connectionLost())
    })
    return new WebRtcIngest(transport, publication)
  }

  /** What the publisher's side needs to connect. */
  get parameters() {
    const { id, iceParameters, iceCandidates, dtlsParameters } = this.#transport
    return { id, iceParameters, iceCandidates, dtlsParameters }
  }

  /**
   * Takes all tracks of an offer. The publication ends when the publisher does not connect soon.
   * @returns the SDP answer.
   * @throws GatewayError UNSUPPORTED_MEDIA, WRONG_STATE or CONNECTION_LOST
   */
  async accept({ fingerprint, sendings }: PublisherOffer): Promise<string> {
    await this.connect({ role: 'client', fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] })
    for (const { answer, rtpParameters } of sendings) await this.produce(answer.kind, { ...rtpParameters })
    const timer = setTimeout(() => this.#publication.fail(connectionLost()), connectWithinMs)
    const settled = () => clearTimeout(timer)
    this.#transport.observer.once('close', settled)
    this.#transport.on('dtlsstatechange', (state) => state === 'connected' && settled())
    return writeAnswer(
      this.#transport,
      sendings.map(({ answer }) => answer),
    )
  }

  /** @returns the SDP fragment with the gateway's new side of the ICE session. */
  async restartIceByFragment(): Promise<string> {
    const iceParameters = await this.restartIce()
    return writeIceFragment({ iceParameters, iceCandidates: this.#transport.iceCandidates })
  }

  /** @throws GatewayError UNSUPPORTED_MEDIA when mediasoup does not accept the parameters, WRONG_STATE, CONNECTION_LOST. */
  async connect(dtlsParameters: Record<string, unknown>): Promise<void> {
    if (this.#connected) throw new GatewayError('WRONG_STATE', 'This connection is connected already.')
    const known = readDtlsParameters(dtlsParameters)
    await this.#fromClient(() => this.#transport.connect({ dtlsParameters: known }))
    this.#connected = true
  }

  /**
   * @returns the producer's id.
   * @throws GatewayError UNSUPPORTED_MEDIA, WRONG_STATE or CONNECTION_LOST
   */
  async produce(kind: TrackKind, rtpParameters: Record<string, unknown>): Promise<string> {
    const known = readRtpParameters(kind, rtpParameters, this.#cname)
    const producer = await this.#fromClient(() =>
      this.#transport.produce({
        kind,
        rtpParameters: known,
        // ms. Many readers ask for keyframes (tap, viewers); a publisher should see one request for all of them.
        // Chromium ignores what comes within 300 ms of the last one, and mediasoup repeats a request only after 1 s.
        keyFrameRequestDelay: 350,
      }),
    )
    await this.#publication.add(producer)
    return producer.id
  }

  async restartIce(): Promise<IceParameters> {
    return await this.#transport.restartIce()
  }

  close(): void {
    this.#transport.close()
  }

  /** mediasoup throws for parameters that don't fit, which the client sent, and for a transport that is gone. */
  async #fromClient<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (cause) {
      if (this.#transport.closed) throw connectionLost()
      throw new GatewayError('UNSUPPORTED_MEDIA', `The gateway can't take this media: ${messageOf(cause)}.`, {
        cause,
      })
    }
  }
}

function connectionLost(): GatewayError {
  return new GatewayError('CONNECTION_LOST', 'The connection to the publisher broke.')
}
