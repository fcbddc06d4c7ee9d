import type { Producer } from 'mediasoup/types'
import { GatewayError } from '../errors.ts'
import { needsTranscode, type TranscodeSlots } from '../transcode-slots.ts'
import type { MediaRouter } from './media-router.ts'
import { Tap, type TappedTrack } from './tap.ts'
import type { TapPorts } from './tap-ports.ts'
import type { TrackSnapshot } from './track-snapshot.ts'

export type TrackKind = 'audio' | 'video'

/** A published track. `producer` stays inside src/sfu. */
export type PublishedTrack = {
  id: string
  kind: TrackKind
  /** `video/H264` */
  mimeType: string
  producer: Producer
  /** RTP arrives. False before the first packet and about 1.5 s after the last one. */
  active: boolean
  /** When `active` last changed, ms on the monotonic clock (`performance.now()`). */
  sinceMs: number
}

export type PublicationOptions = {
  mediaRouter: MediaRouter
  /** Kinds that the publisher said will come. */
  announcedKinds: readonly TrackKind[]
  /** Where its taps get their ports. */
  ports: TapPorts
  transcodes: TranscodeSlots
  /** Called once when it ends by itself: its transport broke or the worker died. Not after `close()`. */
  onEnd: (error: GatewayError) => void
}

/** What an ingest holds while it publishes: the producers, at most one of each kind. */
export class Publication {
  readonly mediaRouter: MediaRouter
  readonly announcedKinds: readonly TrackKind[]
  /** On the monotonic clock (`performance.now()`), as all times of tracks. */
  readonly startedAtMs = performance.now()
  readonly #options: PublicationOptions
  readonly #tracks = new Map<TrackKind, PublishedTrack>()
  readonly #onClosed: (() => void)[] = []
  readonly #listeners = new Set<() => void>()
  #closed = false

  constructor(options: PublicationOptions) {
    this.mediaRouter = options.mediaRouter
    this.announcedKinds = options.announcedKinds
    this.#options = options
  }

  get closed(): boolean {
    return this.#closed
  }

  get tracks(): readonly PublishedTrack[] {
    return [...this.#tracks.values()]
  }

  /**
   * Takes a producer in.
   * @throws GatewayError WRONG_STATE when there is one of its kind already, TOO_MANY_TRANSCODES; the producer is closed then.
   */
  async add(producer: Producer): Promise<void> {
    if (this.#closed || this.#tracks.has(producer.kind)) {
      producer.close()
      throw new GatewayError('WRONG_STATE', `A ${producer.kind} track is published already. End it first.`)
    }
    const track: PublishedTrack = {
      id: producer.id,
      kind: producer.kind,
      mimeType: producer.rtpParameters.codecs[0]?.mimeType ?? 'unknown',
      producer,
      active: false,
      sinceMs: performance.now(),
    }
    const release = this.#reserveTranscode(producer, track.mimeType)
    this.#tracks.set(track.kind, track)
    producer.on('score', (scores) =>
      this.#activity(
        track,
        scores.some(({ score }) => score > 0),
      ),
    )
    producer.observer.once('close', () => {
      release()
      if (this.#tracks.get(track.kind) !== track) return
      this.#tracks.delete(track.kind)
      this.#changed()
    })
    this.#changed()
  }

  /** A picture that has to be encoded keeps its place for as long as it is published. */
  #reserveTranscode(producer: Producer, mimeType: string): () => void {
    if (!needsTranscode(mimeType)) return () => undefined
    try {
      return this.#options.transcodes.take()
    } catch (error) {
      producer.close()
      throw error
    }
  }

  /** Ends one track. @throws GatewayError NOT_FOUND */
  remove(producerId: string): void {
    const track = this.tracks.find(({ id }) => id === producerId)
    if (!track) throw new GatewayError('NOT_FOUND', 'There is no such track.')
    track.producer.close()
  }

  /**
   * Calls back whenever a track came, went, started or stopped sending, until it is closed.
   * @returns the undo.
   */
  onTracksChanged(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** RTP of its tracks for an ffmpeg; the caller owes a `close()`. @throws GatewayError NO_FREE_PORTS, WORKER_DIED */
  openTap(tracks: readonly TappedTrack[]): Promise<Tap> {
    return Tap.create(this.mediaRouter, tracks, this.#options.ports)
  }

  /** Ends it from below: the transport or the worker is gone. */
  fail(error: GatewayError): void {
    if (this.#closed) return
    this.close()
    this.#options.onEnd(error)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#listeners.clear()
    for (const undo of this.#onClosed) undo()
    for (const track of this.#tracks.values()) track.producer.close()
    this.#tracks.clear()
  }

  /** Calls back when this closes, however that happens; at once when it is closed. */
  onceClosed(undo: () => void): void {
    if (this.#closed) undo()
    else this.#onClosed.push(undo)
  }

  snapshot(): TrackSnapshot[] {
    return this.tracks.map(({ kind, mimeType, active }) => ({ kind, codec: mimeType, active }))
  }

  #activity(track: PublishedTrack, active: boolean): void {
    if (track.active === active) return
    track.active = active
    track.sinceMs = performance.now()
    this.#changed()
  }

  #changed(): void {
    if (this.#closed) return
    for (const listener of this.#listeners) listener()
  }
}
