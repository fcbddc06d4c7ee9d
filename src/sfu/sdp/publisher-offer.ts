import { mediaCodecs } from '../codecs.ts'
import type { TrackKind } from '../publication.ts'
import { readOffer } from './offer.ts'
import { type Sending, sendingParameters } from './sending-parameters.ts'

/** An offer that can be taken, and what becomes of its tracks. */
export type PublisherOffer = {
  /** sha-256, of the publisher's DTLS certificate. */
  fingerprint: string
  kinds: TrackKind[]
  sendings: Sending[]
}

/**
 * Reads a publisher's SDP offer, and decides all that can be decided before the registry gives it a stream. Pure.
 * @throws GatewayError BAD_REQUEST or UNSUPPORTED_MEDIA
 */
export function readPublisherOffer(sdp: string): PublisherOffer {
  const { fingerprint, media } = readOffer(sdp, 'send')
  return {
    fingerprint,
    kinds: media.map(({ kind }) => kind),
    sendings: media.map((each) => sendingParameters(each, mediaCodecs)),
  }
}
