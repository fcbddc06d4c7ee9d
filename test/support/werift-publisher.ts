import { MediaStreamTrack, RTCPeerConnection, useH264, useOPUS, useVP8 } from 'werift'
import { openSession } from '../../scripts/bench/load/whip.ts'

export type WeriftPublisher = { send(kind: 'audio' | 'video', packet: Buffer): void; close(): Promise<void> }

/** Publishes by WHIP with werift, a WebRTC stack that shares no code with libdatachannel or Chromium. */
export async function publishByWerift(url: string, codec: 'h264' | 'vp8'): Promise<WeriftPublisher> {
  const connection = new RTCPeerConnection({
    codecs: { audio: [useOPUS()], video: [codec === 'h264' ? useH264() : useVP8()] },
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  })
  const tracks = {
    audio: new MediaStreamTrack({ kind: 'audio' }),
    video: new MediaStreamTrack({ kind: 'video' }),
  }
  for (const track of Object.values(tracks)) connection.addTransceiver(track, { direction: 'sendonly' })
  const connected = new Promise<void>((resolve) => {
    connection.connectionStateChange.subscribe((state) => state === 'connected' && resolve())
  })
  await connection.setLocalDescription(await connection.createOffer())
  const session = await openSession(url, connection.localDescription?.sdp ?? '')
  await connection.setRemoteDescription({ type: 'answer', sdp: session.answer })
  await connected
  return {
    send: (kind, packet) => tracks[kind].writeRtp(packet),
    async close() {
      await session.close()
      await connection.close()
    },
  }
}
