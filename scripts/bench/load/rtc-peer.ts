import { Audio, PeerConnection, type RtcConfig, type Track, Video } from 'node-datachannel'

export type PeerTrack = { codec: 'h264' | 'vp8' | 'opus'; payloadType: number; ssrc?: number }

/** mid of each kind of track. */
const mids = { audio: '0', video: '1' } as const

/** A WebRTC connection by libdatachannel, the library of OBS: real ICE, DTLS and SRTP, but neither encoder nor decoder. */
export class RtcPeer {
  readonly #connection: PeerConnection
  readonly #tracks = new Map<'audio' | 'video', Track>()
  /** SDP without candidates, like OBS sends it. */
  readonly offer: string
  /** Resolves when media can flow. @throws Error when the connection failed. */
  readonly connected: Promise<void>
  /** Resolves when the connection is over, from either side. */
  readonly ended: Promise<void>

  private constructor(connection: PeerConnection, tracks: Map<'audio' | 'video', Track>, offer: string) {
    this.#connection = connection
    this.#tracks = tracks
    this.offer = offer
    const connected = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    this.connected = connected.promise
    this.ended = ended.promise
    // Who only sends requests need not wait for it.
    this.connected.catch(() => undefined)
    connection.onStateChange((state) => {
      if (state === 'connected') connected.resolve()
      if (state === 'disconnected' || state === 'failed' || state === 'closed') {
        connected.reject(new Error(`the connection is ${state}`))
        ended.resolve()
      }
    })
  }

  static async create(
    direction: 'SendOnly' | 'RecvOnly',
    tracks: readonly PeerTrack[],
    config: RtcConfig = { iceServers: [] },
  ): Promise<RtcPeer> {
    const connection = new PeerConnection('load', config)
    const offered = Promise.withResolvers<string>()
    connection.onLocalDescription((sdp) => offered.resolve(sdp))
    const byKind = new Map<'audio' | 'video', Track>()
    for (const { codec, payloadType, ssrc } of tracks) {
      const kind = codec === 'opus' ? 'audio' : 'video'
      const media = codec === 'opus' ? new Audio(mids.audio, direction) : new Video(mids.video, direction)
      if (media instanceof Audio) media.addOpusCodec(payloadType)
      else if (codec === 'h264') media.addH264Codec(payloadType)
      else media.addVP8Codec(payloadType)
      if (ssrc !== undefined) media.addSSRC(ssrc, 'load', 'load-stream', `load-${kind}`)
      byKind.set(kind, connection.addTrack(media))
    }
    connection.setLocalDescription('offer')
    return new RtcPeer(connection, byKind, await offered.promise)
  }

  accept(answer: string): void {
    this.#connection.setRemoteDescription(answer, 'answer')
  }

  /** Sends an RTP or RTCP packet as it is; one that can't be sent is lost, as on a network. */
  send(kind: 'audio' | 'video', packet: Buffer): void {
    const track = this.#tracks.get(kind)
    if (track?.isOpen()) track.sendMessageBinary(packet)
  }

  /** Packets that come in: RTP, and RTCP when their second byte is 192 to 223 (RFC 5761 section 4). */
  onPacket(kind: 'audio' | 'video', listener: (packet: Buffer) => void): void {
    this.#tracks.get(kind)?.onMessage(listener)
  }

  close(): void {
    this.#connection.close()
  }
}
