import { randomInt } from 'node:crypto'
import { Cleanup } from '../../../src/cleanup.ts'
import type { Clip } from '../clips.ts'
import { sendClip } from './clip-sender.ts'
import { type PeerTrack, RtcPeer } from './rtc-peer.ts'
import { openSession } from './whip.ts'

/**
 * Publishes a clip by WHIP with the library that OBS uses, without encoding anything and without taking requests.
 * @returns the undo.
 */
export async function publishClipByWhip(
  gatewayUrl: string,
  stream: string,
  clip: Clip,
  ffmpegBinary: string,
): Promise<() => Promise<void>> {
  const cleanup = new Cleanup()
  try {
    const audio = { codec: 'opus', payloadType: 111, ssrc: randomInt(1, 2 ** 31) } satisfies PeerTrack
    const video = { codec: clip.codec, payloadType: 96, ssrc: randomInt(1, 2 ** 31) } satisfies PeerTrack
    const peer = await RtcPeer.create('SendOnly', [audio, video])
    cleanup.defer(() => peer.close())
    const session = await openSession(`${gatewayUrl}/whip/${stream}`, peer.offer)
    cleanup.defer(() => session.close())
    peer.accept(session.answer)
    await peer.connected
    peer.ended.then(() => cleanup.closed || console.error(`${stream}: the connection ended`))
    const track = (
      kind: 'audio' | 'video',
      map: string,
      { payloadType, ssrc }: typeof audio | typeof video,
    ) => ({
      map,
      payloadType,
      ssrc,
      onRtp: (packet: Buffer) => peer.send(kind, packet),
      onRtcp: (packet: Buffer) => peer.send(kind, packet),
    })
    const tracks = [track('video', '0:v:0', video), track('audio', '0:a:0', audio)]
    cleanup.defer(await sendClip(clip, tracks, ffmpegBinary))
  } catch (error) {
    await cleanup.run()
    throw error
  }
  return () => cleanup.run()
}
