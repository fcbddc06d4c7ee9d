import { expect, test } from 'vitest'
import { type SdpTrack, tapSdp } from '../../../src/sfu/sdp/sdp.ts'

const head = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=sluice', 'c=IN IP4 127.0.0.2', 't=0 0']
const h264: SdpTrack = {
  kind: 'video',
  port: 45_000,
  payloadType: 102,
  mimeType: 'video/H264',
  clockRateHz: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
}
const opus: SdpTrack = {
  kind: 'audio',
  port: 45_002,
  payloadType: 100,
  mimeType: 'audio/opus',
  clockRateHz: 48_000,
  channels: 2,
  parameters: {},
}
const h264Lines = [
  'm=video 45000 RTP/AVP 102',
  'a=rtpmap:102 H264/90000',
  'a=fmtp:102 packetization-mode=1;profile-level-id=42e01f',
  'a=recvonly',
]
const opusLines = ['m=audio 45002 RTP/AVP 100', 'a=rtpmap:100 opus/48000/2', 'a=recvonly']

test.each([
  { name: 'both, in the given order', tracks: [h264, opus], lines: [...h264Lines, ...opusLines] },
  { name: 'picture only', tracks: [h264], lines: h264Lines },
  { name: 'sound only', tracks: [opus], lines: opusLines },
  {
    name: 'no parameters and a video with channels, which has none',
    tracks: [{ ...h264, mimeType: 'video/VP8', channels: 1, parameters: undefined }],
    lines: ['m=video 45000 RTP/AVP 102', 'a=rtpmap:102 VP8/90000', 'a=recvonly'],
  },
])('$name', ({ tracks, lines }) => {
  const sdp = tapSdp(tracks)
  expect(sdp.split('\r\n')).toEqual([...head, ...lines, ''])
  expect(sdp.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})
