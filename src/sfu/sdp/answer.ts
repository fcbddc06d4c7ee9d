import type { DtlsParameters, IceCandidate, IceParameters } from 'mediasoup/types'
import type { TrackKind } from '../publication.ts'
import type { HeaderExtension } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'

/** One m= section of an answer: exactly one codec. */
export type AnsweredMedia = {
  kind: TrackKind
  mid: string
  protocol: string
  /** inactive: the viewer asked for a track that is not there. */
  direction: 'recvonly' | 'sendonly' | 'inactive'
  codec: OfferedCodec
  extensions: readonly HeaderExtension[]
  /** Simulcast layers that are taken, in their order. */
  rids?: readonly string[]
  /** What the gateway sends. */
  source?: { ssrc: number; rtxSsrc?: number; cname: string; streamId: string }
}

export type AnsweringTransport = {
  iceParameters: IceParameters
  iceCandidates: readonly IceCandidate[]
  dtlsParameters: DtlsParameters
}

/**
 * The SDP answer (RFC 9429 section 5.3.1): all sections in one bundle, ICE lite with all candidates (RFC 9725 section
 * 4.3.2), and passive in DTLS. Lines end with CRLF, the last one too, which OBS insists on. Pure.
 */
export function writeAnswer(transport: AnsweringTransport, media: readonly AnsweredMedia[]): string {
  const session = [
    'v=0',
    // The session has no later version: nothing is negotiated again.
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${media.map(({ mid }) => mid).join(' ')}`,
    'a=ice-lite',
    'a=msid-semantic: WMS *',
  ]
  return lines([
    ...session,
    ...media.flatMap((section, index) => mediaLines(transport, section, index === 0)),
  ])
}

/** The SDP fragment (RFC 8840 section 4.4) with which an ICE restart is answered. Pure. */
export function writeIceFragment({
  iceParameters,
  iceCandidates,
}: Omit<AnsweringTransport, 'dtlsParameters'>): string {
  return lines([
    'a=ice-lite',
    ...iceLines(iceParameters),
    ...iceCandidates.map(candidateLine),
    'a=end-of-candidates',
  ])
}

function mediaLines(transport: AnsweringTransport, media: AnsweredMedia, withCandidates: boolean): string[] {
  const { codec, source } = media
  const payloadTypes = [
    codec.payloadType,
    ...(codec.rtxPayloadType === undefined ? [] : [codec.rtxPayloadType]),
  ]
  const { fingerprints } = transport.dtlsParameters
  return [
    `m=${media.kind} 9 ${media.protocol} ${payloadTypes.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    ...iceLines(transport.iceParameters),
    // One transport for the whole bundle: its first section carries the candidates.
    ...(withCandidates ? [...transport.iceCandidates.map(candidateLine), 'a=end-of-candidates'] : []),
    ...fingerprints
      .filter(({ algorithm }) => algorithm === 'sha-256')
      .map(({ value }) => `a=fingerprint:sha-256 ${value}`),
    'a=setup:passive',
    `a=mid:${media.mid}`,
    `a=${media.direction}`,
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    ...codecLines(codec),
    ...media.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    ...simulcastLines(media.rids ?? []),
    ...(source ? sourceLines(media, source) : []),
  ]
}

function iceLines({ usernameFragment, password }: IceParameters): string[] {
  return [`a=ice-ufrag:${usernameFragment}`, `a=ice-pwd:${password}`]
}

function candidateLine({
  foundation,
  protocol,
  priority,
  address,
  port,
  type,
  tcpType,
}: IceCandidate): string {
  const tcp = tcpType ? ` tcptype ${tcpType}` : ''
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${tcp}`
}

function codecLines(codec: OfferedCodec): string[] {
  const { payloadType, mimeType, clockRateHz, channels, parameters, feedback, rtxPayloadType } = codec
  const name = mimeType.slice(mimeType.indexOf('/') + 1)
  const fmtp = Object.entries(parameters).map(([key, value]) => `${key}=${value}`)
  return [
    `a=rtpmap:${payloadType} ${name}/${clockRateHz}${channels ? `/${channels}` : ''}`,
    ...(fmtp.length > 0 ? [`a=fmtp:${payloadType} ${fmtp.join(';')}`] : []),
    ...feedback.map(
      ({ type, parameter }) => `a=rtcp-fb:${payloadType} ${type}${parameter ? ` ${parameter}` : ''}`,
    ),
    ...(rtxPayloadType === undefined
      ? []
      : [`a=rtpmap:${rtxPayloadType} rtx/${clockRateHz}`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`]),
  ]
}

function simulcastLines(rids: readonly string[]): string[] {
  if (rids.length === 0) return []
  return [...rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${rids.join(';')}`]
}

function sourceLines(
  { kind }: AnsweredMedia,
  { ssrc, rtxSsrc, cname, streamId }: NonNullable<AnsweredMedia['source']>,
): string[] {
  const ssrcs = [ssrc, ...(rtxSsrc === undefined ? [] : [rtxSsrc])]
  return [
    `a=msid:${streamId} ${streamId}-${kind}`,
    ...(rtxSsrc === undefined ? [] : [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`]),
    ...ssrcs.map((each) => `a=ssrc:${each} cname:${cname}`),
  ]
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\r\n`).join('')
}
