import { Cleanup } from '../../../src/cleanup.ts'
import type { ClipCodec } from '../clips.ts'
import { RtcPeer } from './rtc-peer.ts'
import { RtpCount } from './rtp-count.ts'
import { openSession } from './whip.ts'

export type WhepViewer = {
  video: RtpCount
  audio: RtpCount
  /** `performance.now()` before the POST. */
  postedAtMs: number
  connected: Promise<void>
  /** Resolves when the gateway or the network ended it. */
  ended: Promise<void>
  close(): Promise<void>
}

/** Watches a stream by WHEP without decoding it: counts what comes. */
export async function watchByWhep(gatewayUrl: string, stream: string, codec: ClipCodec): Promise<WhepViewer> {
  const cleanup = new Cleanup()
  try {
    const peer = await RtcPeer.create('RecvOnly', [
      { codec: 'opus', payloadType: 111 },
      { codec, payloadType: 96 },
    ])
    cleanup.defer(() => peer.close())
    const [video, audio] = [new RtpCount(), new RtpCount()]
    peer.onPacket('video', (packet) => video.add(packet))
    peer.onPacket('audio', (packet) => audio.add(packet))
    const postedAtMs = performance.now()
    const session = await openSession(`${gatewayUrl}/whep/${stream}`, peer.offer)
    cleanup.defer(() => session.close())
    peer.accept(session.answer)
    return {
      video,
      audio,
      postedAtMs,
      connected: peer.connected,
      ended: peer.ended,
      close: () => cleanup.run(),
    }
  } catch (error) {
    await cleanup.run()
    throw error
  }
}
