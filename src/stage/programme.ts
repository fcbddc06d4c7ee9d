import { GatewayError, messageOf } from '../errors.ts'
import { udpPortsBound } from '../ffmpeg/udp-ports.ts'
import type { Log } from '../log.ts'
import type { MediaRouter } from '../sfu/media-router.ts'
import { ProgrammeIngest } from '../sfu/programme-ingest.ts'
import type { Publication } from '../sfu/publication.ts'
import { Tap, type TappedTrack } from '../sfu/tap.ts'
import type { TapPorts } from '../sfu/tap-ports.ts'
import type { Registry } from '../streams/registry.ts'
import type { Stream } from '../streams/stream.ts'
import type { ProgrammeSettings } from './mixer/encoder-args.ts'
import type { MixerStats } from './mixer/mixer.ts'
import { MixerThread } from './mixer/mixer-thread.ts'
import type { Scene } from './mixer/scene.ts'

/** What the mixer needs of one camera or screen. */
export type ProgrammeInput = {
  /** `PERSON:camera` or `PERSON:screen`. */
  id: string
  tracks: readonly (TappedTrack & { active: boolean })[]
}

export type ProgrammeOptions = {
  streamName: string
  registry: Registry
  /** Where the people's tracks are now: a router that died with its worker is replaced. */
  mediaRouter: () => Promise<MediaRouter>
  ports: TapPorts
  ffmpegBinary: string
  settings: ProgrammeSettings
  onStats: (stats: MixerStats) => void
  /** Called once when it ended by itself. Not after `close()`. */
  onEnd: (error: GatewayError) => void
  log: Log
}

type Fed = { key: string; tap: Tap; abort: AbortController }

/** The mix of the people on stage, published as the stream. */
export class Programme {
  readonly #options: ProgrammeOptions
  readonly #stream: Stream
  readonly #publication: Publication
  readonly #mixer: MixerThread
  readonly #inputs = new Map<string, Fed>()
  /** Inputs are changed one after the other: taps take a moment. */
  #queue: Promise<void> = Promise.resolve()
  #ingest: ProgrammeIngest | undefined
  #closed = false

  private constructor(options: ProgrammeOptions, stream: Stream, publication: Publication) {
    this.#options = options
    this.#stream = stream
    this.#publication = publication
    this.#mixer = new MixerThread({
      ffmpegBinary: options.ffmpegBinary,
      settings: options.settings,
      logLevel: options.log.level,
      onPacket: ({ kind, timeMs, bytes }) => {
        const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        if (kind === 'video') this.#ingest?.sendPicture(timeMs, packet)
        else this.#ingest?.sendSound(timeMs, packet)
      },
      onInputStarted: (id) => this.#inputStarted(id),
      onStats: options.onStats,
      onEnd: (error) => this.#fail(new GatewayError('INTERNAL', `The mixer broke down: ${error.message}`)),
      log: options.log,
    })
  }

  /**
   * Goes live with nobody in the picture yet.
   * @throws GatewayError what `Registry.publish` throws.
   */
  static async start(options: ProgrammeOptions): Promise<Programme> {
    let programme: Programme | undefined
    const { stream, publication } = await options.registry.publish(options.streamName, {
      kinds: ['video', 'audio'],
      principal: `stage:${options.streamName}`,
      onEnd: (error) => {
        if (programme) programme.#fail(error)
      },
    })
    programme = new Programme(options, stream, publication)
    try {
      const startedAtMs = await programme.#mixer.startedAtMs
      programme.#ingest = await ProgrammeIngest.open(publication, startedAtMs)
      return programme
    } catch (error) {
      await programme.close()
      throw error
    }
  }

  /** Shows and lets hear this from now on. */
  update(inputs: readonly ProgrammeInput[], scene: Scene): void {
    this.#mixer.setScene(scene)
    for (const { id, tracks } of inputs) {
      this.#mixer.setFed(
        id,
        tracks.some(({ active }) => active),
      )
    }
    this.#queue = this.#queue
      .then(() => this.#apply(inputs))
      .catch((error) => this.#options.log.error({ err: error }, 'changing the programme failed'))
  }

  /** Ends the show: the stream ends, and resolves when no process of it is left. May be called twice. */
  async close(): Promise<void> {
    const first = !this.#closed
    this.#closed = true
    await this.#queue
    if (!first) return
    for (const id of [...this.#inputs.keys()]) await this.#remove(id)
    this.#ingest?.close()
    await this.#mixer.close()
    await this.#stream.release(this.#publication, 'stopped')
  }

  async #apply(inputs: readonly ProgrammeInput[]): Promise<void> {
    const wanted = new Map(inputs.map((input) => [input.id, input]))
    for (const [id, { key }] of [...this.#inputs]) {
      const input = wanted.get(id)
      if (!input || keyOf(input) !== key) await this.#remove(id)
    }
    for (const input of inputs) {
      if (this.#closed || this.#inputs.has(input.id) || input.tracks.length === 0) continue
      try {
        await this.#add(input)
      } catch (error) {
        // One person who can't be taken in must not keep the others out; the next change tries again.
        this.#options.log.error(
          { input: input.id, reason: messageOf(error) },
          'an input of the programme failed',
        )
      }
    }
  }

  async #add(input: ProgrammeInput): Promise<void> {
    const { mediaRouter, ports } = this.#options
    const tap = await Tap.create(await mediaRouter(), input.tracks, ports)
    this.#inputs.set(input.id, { key: keyOf(input), tap, abort: new AbortController() })
    this.#mixer.add({
      id: input.id,
      sdp: tap.sdp,
      kinds: {
        video: input.tracks.some(({ kind }) => kind === 'video'),
        audio: input.tracks.some(({ kind }) => kind === 'audio'),
      },
    })
  }

  async #remove(id: string): Promise<void> {
    const fed = this.#inputs.get(id)
    this.#inputs.delete(id)
    this.#mixer.remove(id)
    fed?.abort.abort()
    await fed?.tap.close()
  }

  /** A decoder listens, or will soon: media flows once its ports are open. */
  #inputStarted(id: string): void {
    const fed = this.#inputs.get(id)
    if (!fed) return
    const { signal } = fed.abort
    const flow = async () => {
      if (!(await udpPortsBound(fed.tap.ports, signal))) return
      await fed.tap.start(signal)
    }
    flow().catch((error) => {
      if (!signal.aborted) this.#options.log.warn({ input: id, reason: messageOf(error) }, 'a tap broke')
    })
  }

  #fail(error: GatewayError): void {
    if (this.#closed) return
    this.close().catch((cause) => this.#options.log.error({ err: cause }, 'closing the programme failed'))
    this.#options.onEnd(error)
  }
}

/** Another set of tracks needs another decoder. */
function keyOf({ tracks }: ProgrammeInput): string {
  return tracks
    .map(({ id }) => id)
    .sort()
    .join(' ')
}
