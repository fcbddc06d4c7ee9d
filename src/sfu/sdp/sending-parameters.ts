import type { RouterRtpCodecCapability, RtpEncodingParameters, RtpParameters } from 'mediasoup/types'
import { GatewayError } from '../../errors.ts'
import type { AnsweredMedia } from './answer.ts'
import { essentialParameters } from './essential-parameters.ts'
import { isTaken } from './header-extensions.ts'
import { isSameCodec } from './match-codec.ts'
import type { OfferedMedia } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'

/** What the gateway tells a publisher about a codec, beyond what was offered: stereo, and repair of lost audio. */
const opusAnswer = { stereo: 1, useinbandfec: 1 }

export type Sending = { rtpParameters: RtpParameters; answer: AnsweredMedia }

/**
 * What mediasoup has to expect of an offered track, and what to answer: one codec, which is the first of the router's
 * that the offer has, so H.264 before all that would have to be encoded. Pure.
 * @throws GatewayError UNSUPPORTED_MEDIA when there is none.
 */
export function sendingParameters(
  media: OfferedMedia,
  ownCodecs: readonly RouterRtpCodecCapability[],
): Sending {
  const { codec, name } = chooseCodec(media, ownCodecs)
  const extensions = media.extensions.filter(({ uri }) => isTaken(uri))
  const { payloadType, clockRateHz, channels, rtxPayloadType } = codec
  const parameters = essentialParameters(name, codec.parameters)
  return {
    rtpParameters: {
      mid: media.mid,
      codecs: [
        {
          mimeType: name,
          payloadType,
          clockRate: clockRateHz,
          ...(channels === undefined ? {} : { channels }),
          parameters,
          rtcpFeedback: codec.feedback,
        },
        ...(rtxPayloadType === undefined
          ? []
          : [
              {
                mimeType: `${media.kind}/rtx`,
                payloadType: rtxPayloadType,
                clockRate: clockRateHz,
                parameters: { apt: payloadType },
              },
            ]),
      ],
      headerExtensions: extensions.map(({ id, uri }) => ({
        id,
        uri: uri as KnownUri,
        encrypt: false,
        parameters: {},
      })),
      encodings: encodingsOf(media, rtxPayloadType !== undefined),
      rtcp: { reducedSize: true },
    },
    answer: {
      kind: media.kind,
      mid: media.mid,
      protocol: media.protocol,
      direction: 'recvonly',
      codec:
        name === 'audio/opus'
          ? { ...codec, parameters: { ...parameters, ...opusAnswer } }
          : { ...codec, parameters },
      extensions,
      rids: media.rids,
    },
  }
}

type KnownUri = NonNullable<RtpParameters['headerExtensions']>[number]['uri']

/** @returns the offered codec with the feedback that both sides know, and its name as the router writes it. */
function chooseCodec(
  media: OfferedMedia,
  ownCodecs: readonly RouterRtpCodecCapability[],
): { codec: OfferedCodec; name: string } {
  for (const own of ownCodecs) {
    const codec = media.codecs.find((offered) => isSameCodec(offered, own))
    if (!codec) continue
    const wanted = (own.rtcpFeedback ?? []).map(({ type, parameter = '' }) => `${type} ${parameter}`)
    const feedback = codec.feedback.filter(({ type, parameter = '' }) =>
      wanted.includes(`${type} ${parameter}`),
    )
    return { codec: { ...codec, feedback }, name: own.mimeType }
  }
  const offered = [...new Set(media.codecs.map(({ mimeType }) => mimeType.slice(mimeType.indexOf('/') + 1)))]
  const takes = media.kind === 'audio' ? 'Opus' : 'H.264 (baseline, main, high), VP8 and VP9'
  throw new GatewayError(
    'UNSUPPORTED_MEDIA',
    `The gateway takes ${takes} as ${media.kind}; what was offered is ${offered.slice(0, 10).join(', ').slice(0, 200)}.`,
  )
}

function encodingsOf({ rids, ssrc, rtxSsrc }: OfferedMedia, rtx: boolean): RtpEncodingParameters[] {
  if (rids.length > 0) return rids.map((rid) => ({ rid }))
  // Without an SSRC the track is known by its mid.
  if (ssrc === undefined) return [{}]
  return [{ ssrc, ...(rtx && rtxSsrc !== undefined ? { rtx: { ssrc: rtxSsrc } } : {}) }]
}
