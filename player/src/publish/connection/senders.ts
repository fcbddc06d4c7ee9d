import type { types } from 'mediasoup-client'
import { Serial } from '../../common/serial.ts'
import type { OutgoingTracks } from '../capture/local-media.ts'
import type { Signal } from './signal.ts'

type Kind = 'audio' | 'video'

const audioBitrateBps = 128_000
/** kbit/s. The browser would begin at 300 and blur the first seconds, which are the first a viewer sees. */
const startBitrateKbps = 1500

/** What is sent over one transport: at most one producer per kind, kept in line with the tracks. */
export class Senders {
  readonly #transport: types.Transport
  readonly #signal: Signal
  readonly #codec: types.RtpCodecCapability | null
  readonly #serial = new Serial()
  readonly #producers = new Map<Kind, types.Producer>()
  #videoBitrateBps: number

  constructor(
    transport: types.Transport,
    signal: Signal,
    codec: types.RtpCodecCapability | null,
    videoBitrateBps: number,
  ) {
    this.#transport = transport
    this.#signal = signal
    this.#codec = codec
    this.#videoBitrateBps = videoBitrateBps
  }

  /** Sends these tracks from now on. Another track of the same kind takes over the running producer. */
  send(outgoing: OutgoingTracks): Promise<void> {
    return this.#serial.run(async () => {
      await this.#sendKind('audio', outgoing.audio)
      await this.#sendKind('video', outgoing.video)
    })
  }

  setVideoBitrate(bps: number): void {
    this.#videoBitrateBps = bps
    this.#serial
      .run(() => this.#tuneVideo())
      .catch((error: unknown) => console.warn('The bitrate cannot be changed', error))
  }

  async #sendKind(kind: Kind, track: MediaStreamTrack | null): Promise<void> {
    // A track that ended meanwhile is about to be followed by another call that knows so.
    if (this.#transport.closed || track?.readyState === 'ended') return
    const producer = this.#producers.get(kind)
    if (producer && track) {
      if (producer.track !== track) await producer.replaceTrack({ track })
    } else if (producer) {
      this.#producers.delete(kind)
      producer.close()
      await this.#signal.request('unproduce', { producerId: producer.id })
    } else if (track) {
      this.#producers.set(kind, await this.#produce(kind, track))
      if (kind === 'video') await this.#tuneVideo()
    }
  }

  #produce(kind: Kind, track: MediaStreamTrack): Promise<types.Producer> {
    const maxKbps = Math.round(this.#videoBitrateBps / 1000)
    const options: types.ProducerOptions =
      kind === 'audio'
        ? {
            // No DTX: its gaps in the silence make every output wait for sound that does not come.
            codecOptions: {
              opusStereo: true,
              opusDtx: false,
              opusFec: true,
              opusMaxAverageBitrate: audioBitrateBps,
            },
          }
        : {
            encodings: [{ maxBitrate: this.#videoBitrateBps }],
            codecOptions: { videoGoogleStartBitrate: Math.min(startBitrateKbps, maxKbps) },
            ...(this.#codec ? { codec: this.#codec } : {}),
          }
    // The tracks belong to LocalMedia: it stops them, and it mutes them by `enabled`, which must not pause the
    // producer, because a paused one sends nothing at all.
    return this.#transport.produce({ ...options, track, stopTracks: false, disableTrackOnPause: false })
  }

  async #tuneVideo(): Promise<void> {
    const sender = this.#producers.get('video')?.rtpSender
    if (!sender) return
    const parameters = sender.getParameters()
    for (const encoding of parameters.encodings) encoding.maxBitrate = this.#videoBitrateBps
    // On a weak network rather fewer frames than smaller ones: a new picture size is a new beginning for the
    // outputs, viewers' players have to start over at it and RTMP services refuse it.
    parameters.degradationPreference = 'maintain-resolution'
    await sender.setParameters(parameters)
  }
}
