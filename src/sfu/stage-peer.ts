import { randomBytes } from 'node:crypto'
import type { Consumer, IceParameters, Producer, RtpCapabilities, WebRtcTransport } from 'mediasoup/types'
import { GatewayError, messageOf } from '../errors.ts'
import { type MediaRouter, publisherCapabilities } from './media-router.ts'
import { readDtlsParameters, readRtpParameters } from './publisher-parameters.ts'
import type { TappedTrack } from './tap.ts'

const iceConsentSeconds = 15
/** Heights of the simulcast layers that the pages send, from the lowest on. */
const layerHeights = [180, 360, 720]

export type PeerDirection = 'send' | 'receive'

export type PeerTrack = TappedTrack & { mimeType: string; active: boolean; paused: boolean; layers: number }

export type StagePeerOptions = {
  mediaRouter: MediaRouter
  maxBitrateBps: number
  /** A track came, went, started or stopped sending. */
  onTracks: () => void
  /** Called once when the connection broke. Not after `close()`. */
  onLost: () => void
  onConsumerClosed: (consumerId: string) => void
}

export type PeerFigures = { score: number; roundTripMs: number | null; lostShare: number; bitrateBps: number }

/** One person's WebRTC: a transport for what they send, one for what they receive, and the tracks in them by name. */
export class StagePeer {
  readonly #options: StagePeerOptions
  readonly #send: WebRtcTransport
  readonly #receive: WebRtcTransport
  readonly #producers = new Map<string, Producer>()
  readonly #active = new Set<string>()
  readonly #consumers = new Map<string, Consumer>()
  /** Made here, so that no text of a client reaches SDP. */
  readonly #cname = randomBytes(8).toString('hex')
  #capabilities: RtpCapabilities | undefined
  #closed = false

  private constructor(options: StagePeerOptions, send: WebRtcTransport, receive: WebRtcTransport) {
    this.#options = options
    this.#send = send
    this.#receive = receive
    for (const transport of [send, receive]) {
      transport.on('icestatechange', (state) => state === 'disconnected' && this.#lost())
      transport.on('dtlsstatechange', (state) => (state === 'failed' || state === 'closed') && this.#lost())
    }
  }

  /** @throws an error of mediasoup when the worker is gone. */
  static async create(options: StagePeerOptions): Promise<StagePeer> {
    const { router, webRtcServer } = options.mediaRouter
    const settings = {
      ...{ webRtcServer, enableUdp: true, enableTcp: true, preferUdp: true },
      iceConsentTimeout: iceConsentSeconds,
    }
    const send = await router.createWebRtcTransport(settings)
    try {
      await send.setMaxIncomingBitrate(options.maxBitrateBps)
      return new StagePeer(options, send, await router.createWebRtcTransport(settings))
    } catch (error) {
      send.close()
      throw error
    }
  }

  /** What the person's browser needs to connect. */
  offer() {
    return {
      routerRtpCapabilities: publisherCapabilities(this.#options.mediaRouter),
      send: parametersOf(this.#send),
      receive: parametersOf(this.#receive),
    }
  }

  /** What the person's browser can decode. */
  setCapabilities(capabilities: Record<string, unknown>): void {
    this.#capabilities = capabilities as RtpCapabilities
  }

  async connect(direction: PeerDirection, dtlsParameters: Record<string, unknown>): Promise<void> {
    const known = readDtlsParameters(dtlsParameters)
    await fromClient(() => this.#transport(direction).connect({ dtlsParameters: known }))
  }

  async restartIce(direction: PeerDirection): Promise<IceParameters> {
    return await this.#transport(direction).restartIce()
  }

  /**
   * @param name of the track among the person's: one that is there already is replaced.
   * @throws GatewayError UNSUPPORTED_MEDIA
   */
  async produce(
    name: string,
    kind: 'audio' | 'video',
    rtpParameters: Record<string, unknown>,
    paused: boolean,
  ): Promise<string> {
    const known = readRtpParameters(kind, rtpParameters, this.#cname)
    const producer = await fromClient(() =>
      this.#send.produce({ kind, rtpParameters: known, paused, keyFrameRequestDelay: 350 }),
    )
    this.#producers.get(name)?.close()
    this.#producers.set(name, producer)
    producer.on('score', (scores) => {
      const sends = scores.some(({ score }) => score > 0)
      if (sends === this.#active.has(producer.id)) return
      if (sends) this.#active.add(producer.id)
      else this.#active.delete(producer.id)
      if (!this.#closed) this.#options.onTracks()
    })
    producer.observer.once('close', () => {
      this.#active.delete(producer.id)
      if (this.#producers.get(name) !== producer) return
      this.#producers.delete(name)
      if (!this.#closed) this.#options.onTracks()
    })
    this.#options.onTracks()
    return producer.id
  }

  unproduce(name: string): void {
    this.#producers.get(name)?.close()
  }

  async setPaused(name: string, paused: boolean): Promise<void> {
    const producer = this.#producers.get(name)
    if (!producer) return
    if (paused) await producer.pause()
    else await producer.resume()
    this.#options.onTracks()
  }

  track(name: string): PeerTrack | undefined {
    const producer = this.#producers.get(name)
    return (
      producer && {
        id: producer.id,
        kind: producer.kind,
        mimeType: producer.rtpParameters.codecs[0]?.mimeType ?? 'unknown',
        active: this.#active.has(producer.id),
        paused: producer.paused,
        layers: producer.rtpParameters.encodings?.length ?? 1,
      }
    )
  }

  /**
   * Sends another person's track to this one. A track that is sent already is not sent twice.
   * @throws GatewayError WRONG_STATE before `setCapabilities`, NO_COMMON_CODEC, or UNSUPPORTED_MEDIA.
   */
  async consume(producerId: string) {
    const known = [...this.#consumers.values()].find((each) => each.producerId === producerId)
    const consumer = known ?? (await this.#consume(producerId))
    const { id, kind, rtpParameters } = consumer
    return { consumerId: id, producerId, kind, rtpParameters }
  }

  async #consume(producerId: string): Promise<Consumer> {
    const { router } = this.#options.mediaRouter
    const rtpCapabilities = this.#capabilities
    if (!rtpCapabilities) throw new GatewayError('WRONG_STATE', 'Open the media first.')
    const fits = await fromClient(async () => router.canConsume({ producerId, rtpCapabilities }))
    if (!fits) {
      throw new GatewayError('NO_COMMON_CODEC', 'Your browser can not play what this person sends.')
    }
    const consumer = await fromClient(() => this.#receive.consume({ producerId, rtpCapabilities }))
    this.#consumers.set(consumer.id, consumer)
    const gone = () => {
      if (this.#consumers.delete(consumer.id) && !this.#closed) this.#options.onConsumerClosed(consumer.id)
    }
    consumer.on('producerclose', gone)
    consumer.observer.once('close', gone)
    return consumer
  }

  /** Consumers of this person, by the producer that they take from. */
  closeConsumers(isAllowed: (producerId: string) => boolean): void {
    for (const consumer of [...this.#consumers.values()]) {
      if (!isAllowed(consumer.producerId)) consumer.close()
    }
  }

  /** @param height of the picture as it is shown, in pixels; 0: not at all. */
  async prefer(consumerId: string, height: number): Promise<void> {
    const consumer = this.#consumers.get(consumerId)
    if (!consumer) return
    if (height === 0) await consumer.pause()
    else if (consumer.paused) await consumer.resume()
    if (consumer.type === 'simulcast' && height > 0) {
      await consumer.setPreferredLayers({ spatialLayer: layerFor(height) })
    }
  }

  /** How well what the person sends arrives. */
  async figures(): Promise<PeerFigures> {
    const producers = [...this.#producers.values()].filter(({ paused }) => !paused)
    const stats = (await Promise.all(producers.map((producer) => producer.getStats()))).flat()
    const packets = stats.reduce((sum, { packetCount }) => sum + packetCount, 0)
    const lost = stats.reduce((sum, { packetsLost }) => sum + Math.max(0, packetsLost), 0)
    const roundTrips = stats.flatMap(({ roundTripTime }) =>
      roundTripTime === undefined ? [] : [roundTripTime],
    )
    return {
      score: Math.min(
        10,
        ...producers.map((producer) => Math.max(0, ...producer.score.map(({ score }) => score))),
      ),
      roundTripMs: roundTrips.length > 0 ? Math.round(Math.max(...roundTrips)) : null,
      lostShare: packets > 0 ? lost / packets : 0,
      bitrateBps: stats.reduce((sum, { bitrate }) => sum + bitrate, 0),
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#send.close()
    this.#receive.close()
  }

  #transport(direction: PeerDirection): WebRtcTransport {
    return direction === 'send' ? this.#send : this.#receive
  }

  #lost(): void {
    if (this.#closed) return
    this.close()
    this.#options.onLost()
  }
}

function parametersOf({ id, iceParameters, iceCandidates, dtlsParameters }: WebRtcTransport) {
  return { id, iceParameters, iceCandidates, dtlsParameters }
}

/** The lowest layer that is at least as high as it is shown, with some tolerance. */
export function layerFor(height: number): number {
  const layer = layerHeights.findIndex((each) => each >= height * 0.85)
  return layer < 0 ? layerHeights.length - 1 : layer
}

/** mediasoup throws for parameters that do not fit, which the client sent. */
async function fromClient<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw new GatewayError('UNSUPPORTED_MEDIA', `The gateway can't take this media: ${messageOf(cause)}.`, {
      cause,
    })
  }
}
