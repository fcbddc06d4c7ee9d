import type { RtpCodecCapability, RtpCodecParameters } from 'mediasoup/types'
import { GatewayError } from '../../errors.ts'
import type { TrackKind } from '../publication.ts'
import type { AnsweredMedia } from './answer.ts'
import { essentialParameters } from './essential-parameters.ts'
import { isSameCodec } from './match-codec.ts'
import { type OfferedMedia, readOffer } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'

/** What a viewer can be sent of a published track. */
export type Wanted = { kind: TrackKind; media: OfferedMedia; codec: OfferedCodec; own: RtpCodecParameters }

export type ViewerOffer = {
  /** sha-256, of the viewer's DTLS certificate. */
  fingerprint: string
  media: OfferedMedia[]
  wanted: Wanted[]
}

/**
 * Reads a viewer's SDP offer. Pure.
 * @param published by kind, the codec in which the router has the track.
 * @throws GatewayError BAD_REQUEST or UNSUPPORTED_MEDIA; NO_COMMON_CODEC when a track can't be decoded by the viewer.
 */
export function readViewerOffer(
  sdp: string,
  published: ReadonlyMap<TrackKind, RtpCodecParameters>,
): ViewerOffer {
  const { fingerprint, media } = readOffer(sdp, 'receive')
  const wanted = media.flatMap((each) => {
    const own = published.get(each.kind)
    if (!own) return []
    const codec = each.codecs.find((offered) => isSameCodec(offered, own))
    if (codec) return [{ kind: each.kind, media: each, codec, own }]
    const name = own.mimeType.slice(own.mimeType.indexOf('/') + 1)
    throw new GatewayError(
      'NO_COMMON_CODEC',
      `The ${each.kind} is ${name}, which this player does not offer to decode.`,
    )
  })
  if (wanted.length === 0) {
    throw new GatewayError('NO_COMMON_CODEC', 'Nothing that this player asks for is published.')
  }
  return { fingerprint, media, wanted }
}

/**
 * The codec as a router for such viewers has to have it: packets carry the payload type that the viewer named (RFC 3264
 * section 5.1), and mediasoup numbers per router, not per consumer.
 */
export function viewerCodec({ kind, codec, own }: Wanted): RtpCodecCapability {
  return {
    kind,
    mimeType: own.mimeType,
    preferredPayloadType: codec.payloadType,
    clockRate: own.clockRate,
    ...(own.channels === undefined ? {} : { channels: own.channels }),
    parameters: own.parameters ?? {},
    rtcpFeedback: own.rtcpFeedback ?? [],
  }
}

/** The answer to a section whose track is not published: it stays in the bundle, and nothing comes. */
export function inactiveAnswer({ kind, mid, protocol, codecs: [codec] }: OfferedMedia): AnsweredMedia[] {
  if (!codec) return []
  const { rtxPayloadType: _, ...plain } = codec
  const parameters = essentialParameters(codec.mimeType, codec.parameters)
  return [
    {
      ...{ kind, mid, protocol, direction: 'inactive', extensions: [] },
      codec: { ...plain, parameters, feedback: [] },
    },
  ]
}
