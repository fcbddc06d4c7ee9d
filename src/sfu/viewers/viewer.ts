import type { Consumer, RtpCapabilities, WebRtcTransport } from 'mediasoup/types'
import { GatewayError, messageOf } from '../../errors.ts'
import { type AnsweredMedia, writeAnswer, writeIceFragment } from '../sdp/answer.ts'
import { essentialParameters } from '../sdp/essential-parameters.ts'
import type { HeaderExtension } from '../sdp/offer.ts'
import { inactiveAnswer, type ViewerOffer, viewerCodec, type Wanted } from '../sdp/viewer-offer.ts'
import type { ViewerRouter } from './viewer-router.ts'

/** ICE consent (RFC 7675): a viewer that sends no checks for this long is gone. */
const iceConsentSeconds = 15
/** A viewer whose offer was answered has to be connected by then. */
const connectWithinMs = 15_000
/** Where the estimate of a viewer's bandwidth begins, bit/s: enough for a good simulcast layer at once. */
const firstEstimateBps = 2_500_000
/** All of one viewer's tracks: they share a clock and are played in sync. */
const streamId = 'sluice'

/** One viewer's WebRTC connection, straight from the router. */
export class Viewer {
  readonly answer: string
  readonly #transport: WebRtcTransport

  private constructor(transport: WebRtcTransport, answer: string) {
    this.#transport = transport
    this.answer = answer
  }

  /**
   * @param onEnd called once when it is over: it was closed, the viewer left or never came, or the media ended.
   * @throws GatewayError UNSUPPORTED_MEDIA when mediasoup does not accept what was offered.
   */
  static async open(
    { mediaRouter, producers }: ViewerRouter,
    offer: ViewerOffer,
    onEnd: () => void,
  ): Promise<Viewer> {
    const transport = await mediaRouter.router.createWebRtcTransport({
      webRtcServer: mediaRouter.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      iceConsentTimeout: iceConsentSeconds,
      initialAvailableOutgoingBitrate: firstEstimateBps,
    })
    transport.observer.once('close', onEnd)
    closeWhenGone(transport)
    try {
      await transport.connect({
        dtlsParameters: {
          role: 'client',
          fingerprints: [{ algorithm: 'sha-256', value: offer.fingerprint }],
        },
      })
      const answers: AnsweredMedia[] = []
      for (const media of offer.media) {
        const wanted = offer.wanted.find(({ kind }) => kind === media.kind)
        const producer = producers.get(media.kind)
        if (!wanted || !producer) {
          answers.push(...inactiveAnswer(media))
          continue
        }
        const consumer = await transport.consume({
          producerId: producer.id,
          rtpCapabilities: capabilitiesOf(wanted),
        })
        answers.push(answerOf(wanted, consumer))
      }
      return new Viewer(transport, writeAnswer(transport, answers))
    } catch (cause) {
      transport.close()
      throw new GatewayError('UNSUPPORTED_MEDIA', `This offer can't be answered: ${messageOf(cause)}.`, {
        cause,
      })
    }
  }

  /** @returns the SDP fragment with the gateway's side of the new ICE session. */
  async restartIce(): Promise<string> {
    const iceParameters = await this.#transport.restartIce()
    return writeIceFragment({ iceParameters, iceCandidates: this.#transport.iceCandidates })
  }

  /** The player notices at once: DTLS says goodbye. */
  close(): void {
    this.#transport.close()
  }
}

function closeWhenGone(transport: WebRtcTransport): void {
  const timer = setTimeout(() => transport.close(), connectWithinMs)
  transport.observer.once('close', () => clearTimeout(timer))
  transport.on('dtlsstatechange', (state) => {
    if (state === 'connected') clearTimeout(timer)
    if (state === 'failed' || state === 'closed') transport.close()
  })
  transport.on('icestatechange', (state) => {
    if (state === 'disconnected' || state === 'closed') transport.close()
  })
}

/**
 * What the viewer takes: mediasoup leaves out header extensions whose numbers are not its own, because packets carry
 * those.
 */
function capabilitiesOf(wanted: Wanted): RtpCapabilities {
  const own = viewerCodec(wanted)
  const offered = wanted.codec.feedback.map(({ type, parameter = '' }) => `${type} ${parameter}`)
  return {
    codecs: [
      {
        ...own,
        rtcpFeedback: (own.rtcpFeedback ?? []).filter(({ type, parameter = '' }) =>
          offered.includes(`${type} ${parameter}`),
        ),
      },
    ],
    headerExtensions: wanted.media.extensions.map(({ id, uri }) => ({
      kind: wanted.kind,
      uri: uri as KnownUri,
      preferredId: id,
      preferredEncrypt: false,
      direction: 'sendrecv',
    })),
  }
}

type KnownUri = NonNullable<RtpCapabilities['headerExtensions']>[number]['uri']

function answerOf({ kind, media, codec }: Wanted, { rtpParameters }: Consumer): AnsweredMedia {
  const [sent] = rtpParameters.codecs
  const feedback = (sent?.rtcpFeedback ?? []).map(({ type, parameter }) => ({
    type,
    ...(parameter ? { parameter } : {}),
  }))
  const extensions: HeaderExtension[] = (rtpParameters.headerExtensions ?? []).map(({ id, uri }) => ({
    id,
    uri,
  }))
  const { rtxPayloadType: _, ...plain } = codec
  return {
    kind,
    mid: media.mid,
    protocol: media.protocol,
    direction: 'sendonly',
    // Without RTX: what is repeated comes as it was.
    codec: { ...plain, parameters: essentialParameters(codec.mimeType, codec.parameters), feedback },
    extensions,
    source: {
      ssrc: rtpParameters.encodings?.[0]?.ssrc ?? 0,
      cname: rtpParameters.rtcp?.cname ?? streamId,
      streamId,
    },
  }
}
