import { randomInt } from 'node:crypto'
import type { RtpCodecParameters } from 'mediasoup/types'
import { GatewayError } from '../errors.ts'
import type { Publication } from './publication.ts'

/** Where an RTP sender on this machine has to send one track. */
export type RtpDestination = { rtpPort: number; rtcpPort: number; payloadType: number; ssrc: number }

export type PlainTrack = 'video/H264' | 'video/VP8' | 'audio/opus'

const codecs: Record<PlainTrack, RtpCodecParameters> = {
  'video/H264': {
    mimeType: 'video/H264',
    payloadType: 102,
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  'video/VP8': { mimeType: 'video/VP8', payloadType: 103, clockRate: 90_000 },
  'audio/opus': { mimeType: 'audio/opus', payloadType: 104, clockRate: 48_000, channels: 2 },
}

/**
 * Adds a track of plain RTP from loopback to a publication, sent by an ffmpeg (`-f rtp`). Such a sender takes no
 * feedback: it sends no keyframes on request and repeats nothing.
 * @throws GatewayError WRONG_STATE when there is a track of that kind already.
 */
export async function addPlainTrack(publication: Publication, track: PlainTrack): Promise<RtpDestination> {
  const transport = await publication.mediaRouter.router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    rtcpMux: false,
    // The sender's address is learned from its first packet.
    comedia: true,
  })
  const ssrc = randomInt(1, 2 ** 31)
  const codec = codecs[track]
  const producer = await transport.produce({
    kind: track === 'audio/opus' ? 'audio' : 'video',
    rtpParameters: {
      codecs: [codec],
      encodings: [{ ssrc }],
      // One name for all tracks of the sender: they share a clock.
      rtcp: { cname: 'sluice-rtp' },
    },
  })
  producer.observer.once('close', () => transport.close())
  await publication.add(producer)
  const rtcpPort = transport.rtcpTuple?.localPort
  if (rtcpPort === undefined) throw new GatewayError('INTERNAL', 'mediasoup gave no RTCP port.')
  return { rtpPort: transport.tuple.localPort, rtcpPort, payloadType: codec.payloadType, ssrc }
}
