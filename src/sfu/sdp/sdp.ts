import { encoding, formatParameters, payloadType, wholeNumber } from './sdp-text.ts'

/** One m= line: where ffmpeg listens and what comes there. */
export type SdpTrack = {
  kind: 'audio' | 'video'
  /** Even UDP port; RTCP is expected on the same one or on the next. */
  port: number
  payloadType: number
  /** `video/H264` */
  mimeType: string
  clockRateHz: number
  channels?: number | undefined
  /** fmtp parameters, e.g. `packetization-mode`. */
  parameters?: Record<string, unknown> | undefined
}

/**
 * The SDP (RFC 8866) that tells ffmpeg which RTP to expect; `c=` is where it comes from (`tap-ports.ts`). One SDP for all tracks: ffmpeg keeps two
 * inputs of one SDP in sync by their sender reports, two SDPs never.
 * @throws GatewayError UNSUPPORTED_MEDIA for text that would break out of its line.
 */
export function tapSdp(tracks: readonly SdpTrack[]): string {
  const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=sluice', 'c=IN IP4 127.0.0.2', 't=0 0']
  return [...session, ...tracks.flatMap(mediaLines)].map((line) => `${line}\r\n`).join('')
}

function mediaLines(track: SdpTrack): string[] {
  const payload = payloadType(track.payloadType)
  const channels = track.kind === 'audio' ? track.channels : undefined
  const fmtp = formatParameters(track.parameters ?? {})
  return [
    `m=${track.kind} ${wholeNumber(track.port, 1, 65_535)} RTP/AVP ${payload}`,
    `a=rtpmap:${payload} ${encoding(track.mimeType, track.clockRateHz, channels)}`,
    ...(fmtp === '' ? [] : [`a=fmtp:${payload} ${fmtp}`]),
    'a=recvonly',
  ]
}
