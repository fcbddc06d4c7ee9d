import { randomInt } from 'node:crypto'
import { Signal } from '../../../player/src/publish/connection/signal.ts'
import { Cleanup } from '../../../src/cleanup.ts'
import { protocolVersion } from '../../../src/ingest/protocol-constants.ts'
import type { Clip } from '../clips.ts'
import { sendClip } from './clip-sender.ts'
import { Peer } from './peer.ts'
import { sendingParameters } from './rtp-parameters.ts'

const tracks = {
  h264: { kind: 'video', mimeType: 'video/H264', map: '0:v:0' },
  vp8: { kind: 'video', mimeType: 'video/VP8', map: '0:v:0' },
  opus: { kind: 'audio', mimeType: 'audio/opus', map: '0:a:0' },
} as const

/**
 * Publishes a clip like the publish page does, by the same protocol and by WebRTC, but without encoding anything and
 * without taking requests: keyframes come when the clip has them.
 * @returns the undo.
 */
export async function publishClip(
  gatewayUrl: string,
  stream: string,
  clip: Clip,
  ffmpegBinary: string,
): Promise<() => Promise<void>> {
  const cleanup = new Cleanup()
  try {
    const url = `${gatewayUrl.replace(/^http/, 'ws')}/ws/publish/${stream}`
    const lost = (message: string) => console.error(`${stream}: ${message}`)
    const signal = await Signal.open(
      url,
      {
        onNotice: (notice) => notice.type === 'ended' && lost(notice.error.message),
        onClose: (error) => cleanup.closed || lost(error.message),
      },
      new AbortController().signal,
    )
    cleanup.defer(() => signal.close())
    const { routerRtpCapabilities, transport } = await signal.request('publish', {
      protocol: protocolVersion,
      kinds: ['video', 'audio'],
    })
    const peer = await Peer.create(transport)
    cleanup.defer(() => peer.close())
    await signal.request('connect', { dtlsParameters: peer.dtlsParameters })
    await peer.connect()
    const sendings = []
    for (const { kind, mimeType, map } of [tracks[clip.codec], tracks.opus]) {
      const sending = sendingParameters(routerRtpCapabilities, mimeType, randomInt(1, 2 ** 31))
      await signal.request('produce', { kind, rtpParameters: sending.rtpParameters })
      sendings.push({ ...sending, map })
    }
    const stop = await sendClip(
      clip,
      sendings.map(({ map, payloadType, ssrc, transportWideCcId }) => ({
        map,
        payloadType,
        ssrc,
        onRtp: (packet) => peer.sendRtp(packet, transportWideCcId),
        onRtcp: (packet) => peer.sendRtcp(packet),
      })),
      ffmpegBinary,
    )
    cleanup.defer(stop)
  } catch (error) {
    await cleanup.run()
    throw error
  }
  return () => cleanup.run()
}
