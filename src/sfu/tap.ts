import type { Consumer, RtpCapabilities } from 'mediasoup/types'
import { Cleanup } from '../cleanup.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { MediaRouter } from './media-router.ts'
import { type SdpTrack, tapSdp } from './sdp/sdp.ts'
import { ffmpegAddress, sfuAddress, type TapPorts } from './tap-ports.ts'

/** How often a keyframe is asked for again until the first one came. mediasoup itself gives up after two requests. */
const keyframeRetryMs = 1_000

/** A track of a router that is to be handed out. */
export type TappedTrack = { id: string; kind: 'audio' | 'video' }

type Wire = { consumer: Consumer; sdp: SdpTrack }

/**
 * RTP out of the SFU to ffmpeg on loopback: one PlainTransport and one consumer per track, and the SDP that
 * describes them. Nothing flows before `start()`.
 */
export class Tap {
  readonly sdp: string
  readonly #wires: readonly Wire[]
  readonly #cleanup: Cleanup

  private constructor(wires: readonly Wire[], cleanup: Cleanup) {
    this.#wires = wires
    this.#cleanup = cleanup
    this.sdp = tapSdp(wires.map(({ sdp }) => sdp))
  }

  /** @throws GatewayError NO_FREE_PORTS, or WORKER_DIED when the SFU refuses. */
  static async create(
    mediaRouter: MediaRouter,
    tracks: readonly TappedTrack[],
    ports: TapPorts,
  ): Promise<Tap> {
    const cleanup = new Cleanup()
    try {
      const wires: Wire[] = []
      // Video first: its m= line, its sender report and its packets come first at ffmpeg.
      for (const track of [...tracks].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'video' ? -1 : 1))) {
        wires.push(await connectTrack(mediaRouter, track, ports, cleanup))
      }
      return new Tap(wires, cleanup)
    } catch (error) {
      await cleanup.run()
      if (error instanceof GatewayError) throw error
      const message = messageOf(error)
      if (/no more available ports|address already in use/i.test(message)) {
        throw new GatewayError('NO_FREE_PORTS', 'The gateway has no free media ports left.', { cause: error })
      }
      throw new GatewayError('WORKER_DIED', `The media worker can't hand out the stream: ${message}`, {
        cause: error,
      })
    }
  }

  /** Where ffmpeg has to listen before `start()`. */
  get ports(): number[] {
    return this.#wires.map(({ sdp }) => sdp.port)
  }

  /**
   * Lets media flow: video, then audio on video's first keyframe. ffmpeg starts every track at time 0 with its
   * first packet, so audio that began earlier would be shifted against the video until the first sender reports.
   * Resolves when everything flows, or when the signal aborts.
   */
  async start(signal: AbortSignal): Promise<void> {
    const video = this.#wires.find(({ sdp }) => sdp.kind === 'video')
    if (video) await startAtKeyframe(video.consumer, signal)
    for (const { consumer } of this.#wires) {
      if (!signal.aborted && !consumer.closed && consumer.paused) await consumer.resume()
    }
  }

  /** Asks the publisher for a keyframe; nothing happens when there is no video or the SFU is gone. */
  requestKeyFrame(): void {
    const video = this.#wires.find(({ sdp }) => sdp.kind === 'video')
    if (!video || video.consumer.closed) return
    video.consumer.requestKeyFrame().catch(ignoreClosing)
  }

  close(): Promise<void> {
    return this.#cleanup.run()
  }
}

async function connectTrack(
  mediaRouter: MediaRouter,
  track: TappedTrack,
  ports: TapPorts,
  cleanup: Cleanup,
): Promise<Wire> {
  const port = await ports.reservePair()
  cleanup.defer(() => ports.release(port))
  const transport = await mediaRouter.router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: sfuAddress, port },
    // ffmpeg takes RTCP on its RTP port too, and one port fewer has to be found.
    rtcpMux: true,
    comedia: false,
  })
  cleanup.defer(() => transport.close())
  await transport.connect({ ip: ffmpegAddress, port })
  const consumer = await transport.consume({
    producerId: track.id,
    rtpCapabilities: tapCapabilities(mediaRouter.router.rtpCapabilities),
    paused: true,
    enableRtx: false,
  })
  const codec = consumer.rtpParameters.codecs[0]
  if (!codec) throw new GatewayError('UNSUPPORTED_MEDIA', `The ${track.kind} track has no codec.`)
  return {
    consumer,
    sdp: {
      kind: track.kind,
      port,
      payloadType: codec.payloadType,
      mimeType: codec.mimeType,
      clockRateHz: codec.clockRate,
      channels: codec.channels,
      parameters: codec.parameters,
    },
  }
}

/**
 * What ffmpeg can take. Without congestion feedback, because ffmpeg's SDP input never sends any: with it mediasoup
 * would hold the tap at its initial estimate of 600 kbit/s. Without RTX for the same reason.
 */
function tapCapabilities({ codecs = [] }: RtpCapabilities): RtpCapabilities {
  return {
    codecs: codecs
      .filter(({ mimeType }) => !/\/rtx$/i.test(mimeType))
      .map((codec) => ({
        ...codec,
        rtcpFeedback: (codec.rtcpFeedback ?? []).filter(
          ({ type, parameter }) =>
            (type === 'nack' && parameter === 'pli') || (type === 'ccm' && parameter === 'fir'),
        ),
      })),
    headerExtensions: [],
  }
}

/** Resumes a video consumer and resolves with its first keyframe, asking again every second until it comes. */
async function startAtKeyframe(consumer: Consumer, signal: AbortSignal): Promise<void> {
  await consumer.enableTraceEvent(['keyframe'])
  const stop = new AbortController()
  const keyframe = new Promise<void>((resolve) => {
    consumer.on('trace', ({ type }) => type === 'keyframe' && resolve())
    consumer.observer.once('close', () => resolve())
    signal.addEventListener('abort', () => resolve(), { once: true, signal: stop.signal })
    if (signal.aborted) resolve()
  })
  const retry = setInterval(() => {
    if (!consumer.closed) consumer.requestKeyFrame().catch(ignoreClosing)
  }, keyframeRetryMs)
  try {
    await consumer.resume()
    await keyframe
  } finally {
    clearInterval(retry)
    stop.abort()
  }
  if (!consumer.closed) {
    consumer.removeAllListeners('trace')
    await consumer.enableTraceEvent([])
  }
}

/** A request that was under way when the consumer or its worker closed: the one that closed it knows. */
function ignoreClosing(): void {
  return
}
