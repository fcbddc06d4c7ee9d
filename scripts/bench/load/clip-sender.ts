import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Clip } from '../clips.ts'

/** Bytes per RTP packet: below the usual MTU, with room for what SRTP adds. */
const packetBytes = 1200
/** A keyframe comes in one burst, while this process may be busy with other streams. */
const socketBufferBytes = 1024 * 1024

export type ClipTrack = {
  /** Which stream of the clip: `0:v:0`. */
  map: string
  payloadType: number
  ssrc: number
  onRtp: (packet: Buffer) => void
  onRtcp: (packet: Buffer) => void
}

/**
 * Plays a clip in a loop, in real time, as RTP and RTCP packets: ffmpeg sends them to sockets of ours.
 * @returns the undo.
 */
export async function sendClip(
  clip: Clip,
  tracks: readonly ClipTrack[],
  ffmpegBinary: string,
): Promise<() => Promise<void>> {
  const sockets: Socket[] = []
  const outputs: string[] = []
  for (const { map, payloadType, ssrc, onRtp, onRtcp } of tracks) {
    const rtp = await listen(onRtp)
    const rtcp = await listen(onRtcp)
    sockets.push(rtp, rtcp)
    const url = `rtp://127.0.0.1:${rtp.address().port}?rtcpport=${rtcp.address().port}&pkt_size=${packetBytes}`
    outputs.push('-map', map, '-c', 'copy', '-f', 'rtp', '-payload_type', String(payloadType))
    outputs.push('-ssrc', String(ssrc), url)
  }
  const child = spawn(
    ffmpegBinary,
    [
      '-hide_banner',
      '-nostats',
      '-loglevel',
      'error',
      '-re',
      '-stream_loop',
      '-1',
      '-i',
      clip.file,
      ...outputs,
    ],
    // Its standard output is the SDPs.
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const exited = once(child, 'exit')
  return async () => {
    child.kill('SIGKILL')
    await exited
    for (const socket of sockets) socket.close()
  }
}

async function listen(onPacket: (packet: Buffer) => void): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: socketBufferBytes })
  socket.on('message', onPacket)
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}
