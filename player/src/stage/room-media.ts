import { Device, type types } from 'mediasoup-client'
import type { StageReplyData } from '../../../src/stage/stage-protocol.ts'
import type { StageSnapshot, StageSource } from '../../../src/stage/stage-snapshot.ts'
import { Serial } from '../common/serial.ts'
import { chooseVideoCodec } from '../publish/connection/choose-codec.ts'
import type { StageSocket } from './room-client.ts'

type Received = { consumer: types.Consumer; height: number }

export type RoomMediaWatcher = {
  onChange: () => void
  /** A transport failed: the connection has to begin anew. */
  onBroken: () => void
}

/** Three layers, so that each receiver gets the one that fits its tile. */
const cameraEncodings = [
  { scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
]
const screenEncodings = [{ maxBitrate: 2_500_000 }]

/** One connection's WebRTC: a transport for what is sent, one for what is received. */
export class RoomMedia {
  readonly #socket: StageSocket
  readonly #device: Device
  readonly #send: types.Transport
  readonly #receive: types.Transport
  readonly #watcher: RoomMediaWatcher
  readonly #producers = new Map<StageSource, types.Producer>()
  readonly #received = new Map<string, Received>()
  /** What is being taken: the gateway sends a track once. */
  readonly #asked = new Set<string>()
  /** The newest that `receive` was given. */
  #room: StageSnapshot | null = null
  readonly #sending = new Serial()
  #closed = false

  private constructor(
    socket: StageSocket,
    device: Device,
    data: StageReplyData['openMedia'],
    watcher: RoomMediaWatcher,
  ) {
    this.#socket = socket
    this.#device = device
    this.#watcher = watcher
    this.#send = device.createSendTransport(transportOptions(data.send, data.iceServers))
    this.#receive = device.createRecvTransport(transportOptions(data.receive, data.iceServers))
    for (const [direction, transport] of [
      ['send', this.#send],
      ['receive', this.#receive],
    ] as const) {
      transport.on('connect', ({ dtlsParameters }, done, fail) => {
        socket.request('connect', { direction, dtlsParameters }).then(() => done(), fail)
      })
      transport.on('connectionstatechange', (state) => {
        if (state === 'failed' && !this.#closed) watcher.onBroken()
      })
    }
    this.#send.on('produce', ({ rtpParameters, appData }, done, fail) => {
      const source = appData.source as StageSource
      socket
        .request('produce', { source, rtpParameters })
        .then(({ producerId }) => done({ id: producerId }), fail)
    })
  }

  static async open(socket: StageSocket, watcher: RoomMediaWatcher): Promise<RoomMedia> {
    const device = await Device.factory()
    const data = await socket.request('openMedia', {})
    await device.load({ routerRtpCapabilities: data.routerRtpCapabilities })
    await socket.request('capabilities', { rtpCapabilities: { ...device.recvRtpCapabilities } })
    return new RoomMedia(socket, device, data, watcher)
  }

  received(personId: string, source: StageSource): MediaStreamTrack | undefined {
    return this.#received.get(`${personId}/${source}`)?.consumer.track
  }

  send(source: StageSource, track: MediaStreamTrack | null, paused: boolean): Promise<void> {
    return this.#sending.run(async () => {
      const producer = this.#producers.get(source)
      if (producer && track) await producer.replaceTrack({ track })
      else if (producer) {
        this.#producers.delete(source)
        producer.close()
        await this.#socket.request('unproduce', { source })
      } else if (track && track.readyState === 'live') {
        this.#producers.set(source, await this.#produce(source, track))
        if (paused) await this.#socket.request('pause', { source, paused })
      }
    })
  }

  /** The gateway ended the source. */
  forget(source: StageSource): void {
    this.#producers.get(source)?.close()
    this.#producers.delete(source)
  }

  /** Takes what the others send, as far as the gateway gives it. */
  receive(room: StageSnapshot, me: string): void {
    this.#room = room
    const wanted = new Set<string>()
    for (const { id, sources } of room.people) {
      if (id === me) continue
      for (const { source } of sources) {
        const key = `${id}/${source}`
        wanted.add(key)
        if (!this.#received.has(key) && !this.#asked.has(key)) this.#take(key, id, source, room, me)
      }
    }
    for (const [key, { consumer }] of this.#received) {
      if (wanted.has(key)) continue
      consumer.close()
      this.#received.delete(key)
    }
  }

  consumerClosed(consumerId: string): void {
    for (const [key, { consumer }] of this.#received) {
      if (consumer.id !== consumerId) continue
      consumer.close()
      this.#received.delete(key)
    }
    this.#watcher.onChange()
  }

  prefer(personId: string, source: StageSource, height: number): void {
    const received = this.#received.get(`${personId}/${source}`)
    if (!received || received.height === height) return
    received.height = height
    this.#socket
      .request('prefer', { consumerId: received.consumer.id, height })
      .catch((error: unknown) => console.warn('The picture size was not told', error))
  }

  close(): void {
    this.#closed = true
    this.#send.close()
    this.#receive.close()
  }

  #produce(source: StageSource, track: MediaStreamTrack): Promise<types.Producer> {
    const isVideo = track.kind === 'video'
    const codec = isVideo ? chooseVideoCodec(this.#device.sendRtpCapabilities.codecs ?? [], null) : null
    if (source === 'screen') track.contentHint = 'detail'
    return this.#send.produce({
      track,
      stopTracks: false,
      disableTrackOnPause: false,
      appData: { source },
      ...(codec ? { codec } : {}),
      ...(isVideo
        ? { encodings: source === 'camera' ? cameraEncodings : screenEncodings }
        : { codecOptions: { opusDtx: false, opusFec: true, opusMaxAverageBitrate: 64_000 } }),
    })
  }

  #take(key: string, personId: string, source: StageSource, room: StageSnapshot, me: string): void {
    this.#asked.add(key)
    const take = async (): Promise<void> => {
      const { consumerId, producerId, kind, rtpParameters } = await this.#socket.request('consume', {
        personId,
        source,
      })
      if (this.#closed) return
      const consumer = await this.#receive.consume({
        id: consumerId,
        ...{ producerId, kind },
        rtpParameters: rtpParameters as types.RtpParameters,
        // Sound and picture of one person are in sync; people are not with one another.
        streamId: personId,
      })
      this.#received.get(key)?.consumer.close()
      this.#received.set(key, { consumer, height: -1 })
      this.#watcher.onChange()
    }
    take()
      .finally(() => this.#asked.delete(key))
      .catch((error: unknown) => {
        console.info(`${key} is not received`, error)
        // Places may have changed since it was asked for.
        if (this.#room && this.#room !== room && !this.#closed) this.receive(this.#room, me)
      })
  }
}

function transportOptions(
  { id, iceParameters, iceCandidates, dtlsParameters }: StageReplyData['openMedia']['send'],
  iceServers: RTCIceServer[],
): types.TransportOptions {
  return {
    id,
    // The protocol leaves mediasoup's shapes opaque; both ends of them are mediasoup.
    iceParameters: iceParameters as types.IceParameters,
    iceCandidates: iceCandidates as types.IceCandidate[],
    dtlsParameters: dtlsParameters as types.DtlsParameters,
    iceServers,
  }
}
