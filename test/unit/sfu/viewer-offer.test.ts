import type { RtpCodecParameters } from 'mediasoup/types'
import { describe, expect, test } from 'vitest'
import type { TrackKind } from '../../../src/sfu/publication.ts'
import { inactiveAnswer, readViewerOffer, viewerCodec } from '../../../src/sfu/sdp/viewer-offer.ts'
import { offerOf } from '../../support/offers.ts'

const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }]
const h264 = (profile: string): RtpCodecParameters => ({
  mimeType: 'video/H264',
  payloadType: 101,
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': profile },
  rtcpFeedback: feedback,
})
const vp8: RtpCodecParameters = {
  mimeType: 'video/VP8',
  payloadType: 103,
  clockRate: 90_000,
  rtcpFeedback: feedback,
}
const opus: RtpCodecParameters = { mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000, channels: 2 }

const published = (video: RtpCodecParameters | null, audio: RtpCodecParameters | null) =>
  new Map<TrackKind, RtpCodecParameters>([
    ...(video ? [['video', video] as const] : []),
    ...(audio ? [['audio', audio] as const] : []),
  ])

describe('a viewer gets', () => {
  test.each([
    { what: 'constrained baseline', video: h264('42e01f'), payloadType: 108 },
    { what: 'another level of it', video: h264('42e034'), payloadType: 108 },
    { what: 'baseline', video: h264('42001f'), payloadType: 102 },
    { what: 'main', video: h264('4d001f'), payloadType: 116 },
    { what: 'VP8', video: vp8, payloadType: 96 },
  ])('$what under the number that its offer gives it', ({ video, payloadType }) => {
    const { wanted } = readViewerOffer(offerOf('chromium-watch'), published(video, opus))
    expect(wanted.map(viewerCodec)).toMatchObject([
      { kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 111 },
      {
        kind: 'video',
        mimeType: video.mimeType,
        preferredPayloadType: payloadType,
        parameters: video.parameters ?? {},
      },
    ])
  })

  test('only what is published; the other section stays, and is inactive', () => {
    const { wanted, media } = readViewerOffer(offerOf('chromium-watch'), published(null, opus))
    expect(wanted.map(({ kind }) => kind)).toEqual(['audio'])
    expect(media.map(({ kind }) => kind)).toEqual(['audio', 'video'])
    expect(media.slice(1).flatMap(inactiveAnswer)).toMatchObject([{ mid: '1', direction: 'inactive' }])
  })
})

test.each([
  { what: 'a profile that it does not offer', video: h264('64001f'), audio: opus, says: /video is H264/ },
  { what: 'nothing that it asks for', video: null, audio: null, says: /Nothing/ },
])('a viewer is refused for $what', ({ video, audio, says }) => {
  expect(() => readViewerOffer(offerOf('chromium-watch'), published(video, audio))).toThrow(
    expect.objectContaining({ code: 'NO_COMMON_CODEC', message: expect.stringMatching(says) }),
  )
})
