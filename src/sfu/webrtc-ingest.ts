import { randomBytes } from 'node:crypto'
import type { IceParameters, WebRtcTransport } from 'mediasoup/types'
import { GatewayError, messageOf } from '../errors.ts'
import { BitrateLimit, countEveryMs } from './bitrate-limit.ts'
import { IngestDeadlines } from './ingest-deadlines.ts'
import type { Publication, TrackKind } from './publication.ts'
import { readDtlsParameters, readRtpParameters } from './publisher-parameters.ts'
import { writeAnswer, writeIceFragment } from './sdp/answer.ts'
import type { PublisherOffer } from './sdp/publisher-offer.ts'

/** ICE consent (RFC 7675): a publisher that answers no checks for this long is gone. */
const iceConsentSeconds = 15
export type IngestLimits = {
  /** For all that the publisher sends; congestion control tells it to browsers, and `BitrateLimit` enforces it. */
  maxBitrateBps: number
  /** Called when the publisher begins to send more. */
  onOverBitrate: (error: GatewayError) => void
}

/** A publisher's WebRTC connection: its tracks go into the publication, and its end ends the publication. */
export class WebRtcIngest {
  readonly #transport: WebRtcTransport
  readonly #publication: Publication
  readonly #deadlines: IngestDeadlines
  /** One name for all tracks: they share a clock (RFC 7022). */
  readonly #cname = randomBytes(12).toString('base64url')
  #connected = false

  private constructor(transport: WebRtcTransport, publication: Publication) {
    this.#transport = transport
    this.#publication = publication
    this.#deadlines = new IngestDeadlines((error) => publication.fail(error))
    transport.observer.once('close', () => this.#deadlines.close())
    transport.on('dtlsstatechange', (state) => state === 'connected' && this.#deadlines.reached('connected'))
  }

  /** Each step up to the first media has its time; the publication ends when one takes longer. */
  static async create(publication: Publication, limits: IngestLimits): Promise<WebRtcIngest> {
    const { router, webRtcServer } = publication.mediaRouter
    const transport = await router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      iceConsentTimeout: iceConsentSeconds,
    })
    await transport.setMaxIncomingBitrate(limits.maxBitrateBps)
    watchBitrate(transport, publication, limits)
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
   * Takes all tracks of an offer.
   * @returns the SDP answer.
   * @throws GatewayError UNSUPPORTED_MEDIA, WRONG_STATE or CONNECTION_LOST
   */
  async accept({ fingerprint, sendings }: PublisherOffer): Promise<string> {
    await this.connect({ role: 'client', fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] })
    for (const { answer, rtpParameters } of sendings) await this.produce(answer.kind, { ...rtpParameters })
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
    this.#deadlines.reached('connect')
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
    producer.on('score', (scores) => {
      if (scores.some(({ score }) => score > 0)) this.#deadlines.reached('media')
    })
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

/** Ends the publication of a sender that ignores the limit it was told, after a warning. */
function watchBitrate(
  transport: WebRtcTransport,
  publication: Publication,
  { maxBitrateBps, onOverBitrate }: IngestLimits,
): void {
  const limit = new BitrateLimit(maxBitrateBps)
  const error = new GatewayError(
    'BITRATE_TOO_HIGH',
    `The publisher sends more than ${maxBitrateBps} bit/s (SLUICE_MAX_PUBLISH_BITRATE_BPS). Set a lower bitrate.`,
  )
  const count = async (): Promise<void> => {
    const stats = await transport.getStats()
    const bytes = stats.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)
    const verdict = limit.count(bytes, performance.now())
    if (verdict === 'warn') onOverBitrate(error)
    if (verdict === 'end') publication.fail(error)
  }
  const timer = setInterval(() => {
    // A transport that closes meanwhile has no figures any more.
    count().catch(() => transport.closed || publication.fail(connectionLost()))
  }, countEveryMs)
  transport.observer.once('close', () => clearInterval(timer))
}

function connectionLost(): GatewayError {
  return new GatewayError('CONNECTION_LOST', 'The connection to the publisher broke.')
}
