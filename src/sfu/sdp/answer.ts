import type { DtlsParameters, IceCandidate, IceParameters } from 'mediasoup/types'
import type { TrackKind } from '../publication.ts'
import type { HeaderExtension } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'
import { encoding, formatParameters, payloadType, ssrc, token, wholeNumber, word } from './sdp-text.ts'

/** One m= section of an answer: exactly one codec. */
export type AnsweredMedia = {
  kind: TrackKind
  mid: string
  protocol: string
  /** inactive: the viewer asked for a track that is not there. */
  direction: 'recvonly' | 'sendonly' | 'inactive'
  codec: OfferedCodec
  extensions: readonly HeaderExtension[]
  /** Accepted simulcast layers, in their order. */
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
 * @throws GatewayError UNSUPPORTED_MEDIA for text that would break out of its line.
 */
export function writeAnswer(transport: AnsweringTransport, media: readonly AnsweredMedia[]): string {
  const session = [
    'v=0',
    // The session has no later version: nothing is negotiated again.
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${media.map(({ mid }) => token(mid)).join(' ')}`,
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
  ].map(payloadType)
  const { fingerprints } = transport.dtlsParameters
  return [
    `m=${media.kind} 9 ${word(media.protocol)} ${payloadTypes.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    ...iceLines(transport.iceParameters),
    // One transport for the whole bundle: its first section carries the candidates.
    ...(withCandidates ? [...transport.iceCandidates.map(candidateLine), 'a=end-of-candidates'] : []),
    ...fingerprints
      .filter(({ algorithm }) => algorithm === 'sha-256')
      .map(({ value }) => `a=fingerprint:sha-256 ${word(value)}`),
    'a=setup:passive',
    `a=mid:${token(media.mid)}`,
    `a=${media.direction}`,
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    ...codecLines(codec),
    ...media.extensions.map(({ id, uri }) => `a=extmap:${wholeNumber(id, 1, 255)} ${word(uri)}`),
    ...simulcastLines(media.rids ?? []),
    ...(source ? sourceLines(media, source) : []),
  ]
}

function iceLines({ usernameFragment, password }: IceParameters): string[] {
  return [`a=ice-ufrag:${word(usernameFragment)}`, `a=ice-pwd:${word(password)}`]
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
  const tcp = tcpType ? ` tcptype ${token(tcpType)}` : ''
  const where = `${word(address)} ${wholeNumber(port, 1, 65_535)} typ ${token(type)}`
  return `a=candidate:${word(foundation)} 1 ${token(protocol)} ${wholeNumber(priority, 0, 2 ** 32 - 1)} ${where}${tcp}`
}

function codecLines(codec: OfferedCodec): string[] {
  const { mimeType, clockRateHz, channels, parameters, feedback, rtxPayloadType } = codec
  const payload = payloadType(codec.payloadType)
  const fmtp = formatParameters(parameters)
  return [
    `a=rtpmap:${payload} ${encoding(mimeType, clockRateHz, channels)}`,
    ...(fmtp === '' ? [] : [`a=fmtp:${payload} ${fmtp}`]),
    ...feedback.map(
      ({ type, parameter }) =>
        `a=rtcp-fb:${payload} ${token(type)}${parameter ? ` ${token(parameter)}` : ''}`,
    ),
    ...(rtxPayloadType === undefined
      ? []
      : [
          `a=rtpmap:${payloadType(rtxPayloadType)} ${encoding('video/rtx', clockRateHz)}`,
          `a=fmtp:${payloadType(rtxPayloadType)} apt=${payload}`,
        ]),
  ]
}

function simulcastLines(rids: readonly string[]): string[] {
  if (rids.length === 0) return []
  const names = rids.map(token)
  return [...names.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${names.join(';')}`]
}

function sourceLines({ kind }: AnsweredMedia, source: NonNullable<AnsweredMedia['source']>): string[] {
  const streamId = token(source.streamId)
  const first = ssrc(source.ssrc)
  const repair = source.rtxSsrc === undefined ? [] : [ssrc(source.rtxSsrc)]
  return [
    `a=msid:${streamId} ${streamId}-${kind}`,
    ...repair.map((each) => `a=ssrc-group:FID ${first} ${each}`),
    ...[first, ...repair].map((each) => `a=ssrc:${each} cname:${token(source.cname)}`),
  ]
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\r\n`).join('')
}
