import type { RouterRtpCodecCapability } from 'mediasoup/types'

const videoFeedback = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'goog-remb' },
  { type: 'transport-cc' },
]

/**
 * H.264 profile-level-ids that publishers offer. mediasoup matches profile and packetization mode exactly, so one
 * entry would refuse the others: constrained baseline (Firefox, OBS), baseline, main and high (Chromium, Safari).
 */
const h264Variants = [
  { profileLevelId: '42e01f', packetizationMode: 1 },
  { profileLevelId: '42001f', packetizationMode: 1 },
  { profileLevelId: '4d001f', packetizationMode: 1 },
  { profileLevelId: '64001f', packetizationMode: 1 },
  { profileLevelId: '42e01f', packetizationMode: 0 },
]

/**
 * What publishers may send. H.264 first: it is copied, everything else costs an encode. No AV1 and H.265: most
 * ffmpeg versions can't take them from RTP (AV1 from 8 on).
 */
export const mediaCodecs: RouterRtpCodecCapability[] = [
  {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    rtcpFeedback: [{ type: 'nack' }, { type: 'transport-cc' }],
  },
  ...h264Variants.map(
    ({ profileLevelId, packetizationMode }): RouterRtpCodecCapability => ({
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90_000,
      parameters: {
        'packetization-mode': packetizationMode,
        'profile-level-id': profileLevelId,
        'level-asymmetry-allowed': 1,
      },
      rtcpFeedback: videoFeedback,
    }),
  ),
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, rtcpFeedback: videoFeedback },
  {
    kind: 'video',
    mimeType: 'video/VP9',
    clockRate: 90_000,
    parameters: { 'profile-id': 0 },
    rtcpFeedback: videoFeedback,
  },
]
