import { expect, test } from 'vitest'
import { sendingParameters, transportWideCcUri } from '../../../scripts/bench/load/rtp-parameters.ts'

const h264 = { kind: 'video', mimeType: 'video/H264', clockRate: 90_000 }
const capabilities = {
  codecs: [
    { kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 },
    { ...h264, preferredPayloadType: 101, parameters: { 'packetization-mode': 0 } },
    { ...h264, preferredPayloadType: 103, parameters: { 'packetization-mode': 1 } },
    {
      kind: 'video',
      mimeType: 'video/rtx',
      preferredPayloadType: 104,
      clockRate: 90_000,
      parameters: { apt: 103 },
    },
  ],
  headerExtensions: [
    { kind: 'video', uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', preferredId: 1 },
    { kind: 'video', uri: transportWideCcUri, preferredId: 5 },
  ],
}

test('announces the packetization that clips have', () => {
  expect(sendingParameters(capabilities, 'video/h264', 4711)).toMatchObject({
    payloadType: 103,
    ssrc: 4711,
    transportWideCcId: 5,
    rtpParameters: {
      codecs: [{ mimeType: 'video/H264', payloadType: 103, parameters: { 'packetization-mode': 1 } }],
      headerExtensions: [{ uri: transportWideCcUri, id: 5 }],
      encodings: [{ ssrc: 4711 }],
    },
  })
})

test('announces the channels of sound', () => {
  const { rtpParameters } = sendingParameters(capabilities, 'audio/opus', 1)
  expect(rtpParameters).toMatchObject({ codecs: [{ channels: 2, clockRate: 48_000 }] })
})

test('says so when the router does not take it', () => {
  expect(() => sendingParameters(capabilities, 'video/VP8', 1)).toThrow('the gateway takes no video/VP8')
})
