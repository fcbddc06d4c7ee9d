import { isSameProfile } from 'h264-profile-level-id'
import type { RouterRtpCodecCapability, RtpCodecParameters } from 'mediasoup/types'
import type { OfferedCodec } from './offered-codecs.ts'

/**
 * Whether an offered codec and one of the router are the same, by mediasoup's own rules, which are strict: H.264 of
 * another profile or packetization mode is another codec.
 */
export function isSameCodec(
  offered: OfferedCodec,
  own: RouterRtpCodecCapability | RtpCodecParameters,
): boolean {
  if (offered.mimeType.toLowerCase() !== own.mimeType.toLowerCase()) return false
  if (offered.clockRateHz !== own.clockRate || (offered.channels ?? 1) !== (own.channels ?? 1)) return false
  const [theirs, ours] = [offered.parameters, own.parameters ?? {}]
  switch (own.mimeType.toLowerCase()) {
    case 'video/h264':
      // RFC 6184 section 8.1: mode 0 when nothing is said.
      return (
        (theirs['packetization-mode'] ?? 0) === (ours['packetization-mode'] ?? 0) &&
        isSameProfile(profileOf(theirs), profileOf(ours))
      )
    case 'video/vp9':
      return Number(theirs['profile-id'] ?? 0) === Number(ours['profile-id'] ?? 0)
    default:
      return true
  }
}

function profileOf(parameters: Record<string, unknown>): Record<string, unknown> {
  const profile = parameters['profile-level-id']
  // RFC 6184 section 8.1: baseline, level 1, when it is missing; no client means that, so constrained baseline.
  return { 'profile-level-id': profile === undefined ? '42e01f' : String(profile) }
}
