import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { MediaRouter } from '../sfu/media-router.ts'
import type { StagePeer, StagePeerOptions } from '../sfu/stage-peer.ts'
import type { ProgrammeInput } from './programme.ts'
import { judgeQuality } from './room/person-quality.ts'
import { mayReceive } from './room/room-view.ts'
import type { Roster } from './room/roster.ts'
import { inputId } from './scene-of.ts'
import type { StageNotice } from './stage-protocol.ts'
import { type PersonSnapshot, type StageSource, sourceSchema } from './stage-snapshot.ts'

const qualityEveryMs = 2_000
/** What a host's mute silences: the microphone, and the sound of a screen, through which one could speak as well. */
const soundSources: readonly StageSource[] = ['microphone', 'screen-audio']

/** A person's WebRTC, as a stage uses it. */
export type Peer = Pick<StagePeer, keyof StagePeer>

export type StageMediaOptions = {
  roster: Roster
  createRouter: (onDied: () => void) => Promise<MediaRouter>
  createPeer: (options: StagePeerOptions) => Promise<Peer>
  maxBitrateBps: number
  notify: (personId: string, notice: StageNotice) => void
  /** A track came, went, started or stopped sending. */
  onTracks: () => void
  /** Ends the person's connection, so that their page comes back. */
  onLost: (personId: string, error: GatewayError) => void
  log: Log
}

/** The media of a stage's people: a router of their own, and what each of them sends and receives. */
export class StageMedia {
  readonly #options: StageMediaOptions
  readonly #peers = new Map<string, Peer>()
  readonly #qualityTimer: NodeJS.Timeout
  #router: Promise<MediaRouter> | undefined
  #closed = false

  constructor(options: StageMediaOptions) {
    this.#options = options
    this.#qualityTimer = setInterval(() => void this.#judge(), qualityEveryMs)
  }

  /** The router that people are in now. @throws GatewayError WORKER_DIED */
  router(): Promise<MediaRouter> {
    if (!this.#router) {
      const router = this.#options.createRouter(() => this.#workerDied())
      this.#router = router
      router.catch(() => {
        if (this.#router === router) this.#router = undefined
      })
    }
    return this.#router
  }

  /** @throws GatewayError WRONG_STATE while the person waits to be let in, CONNECTION_LOST, WORKER_DIED. */
  async open(personId: string): Promise<Peer> {
    const { roster, createPeer, maxBitrateBps, notify } = this.#options
    if (roster.person(personId).place === 'waiting') {
      throw new GatewayError('WRONG_STATE', 'Wait until a host lets you in.')
    }
    const peer: Peer = await createPeer({
      mediaRouter: await this.router(),
      maxBitrateBps,
      onTracks: () => this.#tracksChanged(personId, peer),
      onLost: () => this.#peerLost(personId, peer),
      onConsumerClosed: (consumerId) => notify(personId, { type: 'consumerClosed', consumerId }),
    })
    // The person may have gone meanwhile.
    if (this.#closed || !roster.people.some(({ id, connected }) => id === personId && connected)) {
      peer.close()
      throw new GatewayError('CONNECTION_LOST', 'The connection broke.')
    }
    this.#peers.get(personId)?.close()
    this.#peers.set(personId, peer)
    this.#tracksChanged(personId, peer)
    return peer
  }

  /** @throws GatewayError WRONG_STATE before `open`. */
  peer(personId: string): Peer {
    const peer = this.#peers.get(personId)
    if (!peer) throw new GatewayError('WRONG_STATE', 'Open the media first.')
    return peer
  }

  /** @returns the producer's id. @throws GatewayError WRONG_STATE, UNSUPPORTED_MEDIA */
  async produce(
    personId: string,
    source: StageSource,
    rtpParameters: Record<string, unknown>,
  ): Promise<string> {
    const { roster } = this.#options
    const kind = source === 'camera' || source === 'screen' ? 'video' : 'audio'
    // What a host muted stays muted, whatever the client sends.
    const muted = (): boolean => soundSources.includes(source) && roster.person(personId).muted
    const peer = this.peer(personId)
    let paused = muted()
    const producerId = await peer.produce(source, kind, rtpParameters, paused)
    if (!paused && muted()) {
      // A host muted the person while the SFU made the producer.
      paused = true
      await peer.setPaused(source, true)
    }
    roster.setSource(personId, source, { paused })
    return producerId
  }

  /** @throws GatewayError WRONG_STATE when a host muted the person and has not asked to unmute. */
  async pause(personId: string, source: StageSource, paused: boolean): Promise<void> {
    const { roster } = this.#options
    if (soundSources.includes(source) && !paused && roster.person(personId).muted) {
      throw new GatewayError('WRONG_STATE', 'A host muted you. Ask to be heard by raising your hand.')
    }
    await this.#setPaused(personId, this.peer(personId), source, paused)
  }

  /** Mutes in the SFU: nobody receives the person's sound. */
  async mute(personId: string): Promise<void> {
    const peer = this.#peers.get(personId)
    if (!peer) return
    for (const source of soundSources) await this.#setPaused(personId, peer, source, true)
  }

  /** Ends a shared screen with its sound; the camera stays. */
  stopScreen(personId: string): void {
    const peer = this.#peers.get(personId)
    for (const source of ['screen', 'screen-audio'] as const) {
      if (!peer?.track(source)) continue
      peer.unproduce(source)
      this.#options.notify(personId, { type: 'sourceEnded', source })
    }
  }

  /** @throws GatewayError NOT_FOUND, when the one may not receive the other, too. */
  async consume(personId: string, fromId: string, source: StageSource) {
    const { roster } = this.#options
    const track = this.#peers.get(fromId)?.track(source)
    if (!track || !mayReceive(roster.person(personId), roster.person(fromId))) {
      throw new GatewayError('NOT_FOUND', 'This person does not send that to you.')
    }
    const consumed = await this.peer(personId).consume(track.id)
    // They may have been moved apart meanwhile.
    this.closeForbidden()
    return consumed
  }

  /** Ends what people receive and may not any more. */
  closeForbidden(): void {
    const people = new Map(this.#options.roster.people.map((person) => [person.id, person]))
    const owners = this.#producerOwners()
    for (const [id, peer] of this.#peers) {
      const listener = people.get(id)
      peer.closeConsumers((producerId) => {
        const sender = people.get(owners.get(producerId) ?? '')
        return listener !== undefined && sender !== undefined && mayReceive(listener, sender)
      })
    }
  }

  /** Camera and screen of a person, as the programme takes them. */
  inputsOf({ id }: PersonSnapshot): ProgrammeInput[] {
    const peer = this.#peers.get(id)
    const tracks = (...names: StageSource[]) =>
      names.flatMap((name) => {
        const track = peer?.track(name)
        return track ? [{ ...track, active: track.active && !track.paused }] : []
      })
    return [
      { id: inputId(id, 'camera'), tracks: tracks('camera', 'microphone') },
      { id: inputId(id, 'screen'), tracks: tracks('screen', 'screen-audio') },
    ]
  }

  /** Ends a person's media; nothing happens without any. */
  closePeer(personId: string): void {
    const peer = this.#peers.get(personId)
    this.#peers.delete(personId)
    peer?.close()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#qualityTimer)
    for (const personId of [...this.#peers.keys()]) this.closePeer(personId)
    const router = await this.#router?.catch(() => undefined)
    router?.close()
  }

  async #setPaused(personId: string, peer: Peer, source: StageSource, paused: boolean): Promise<void> {
    if (!peer.track(source)) return
    await peer.setPaused(source, paused)
    if (peer.track(source)) this.#options.roster.setSource(personId, source, { paused })
  }

  /** Every transport in it is gone. People come back by themselves, into a new router. */
  #workerDied(): void {
    this.#router = undefined
    const error = new GatewayError('WORKER_DIED', 'The media worker broke down and is being replaced.')
    for (const personId of [...this.#peers.keys()]) {
      this.closePeer(personId)
      this.#options.onLost(personId, error)
    }
  }

  #peerLost(personId: string, peer: Peer): void {
    if (this.#peers.get(personId) !== peer) return
    this.#options.onLost(personId, new GatewayError('CONNECTION_LOST', 'The connection broke.'))
  }

  #tracksChanged(personId: string, peer: Peer): void {
    if (this.#peers.get(personId) !== peer) return
    const { roster, onTracks } = this.#options
    for (const { source } of roster.person(personId).sources) {
      if (!peer.track(source)) roster.setSource(personId, source, null)
    }
    onTracks()
  }

  #producerOwners(): Map<string, string> {
    const owned = [...this.#peers].flatMap(([id, peer]) =>
      sourceSchema.options.flatMap((source) => {
        const track = peer.track(source)
        return track ? [[track.id, id] as const] : []
      }),
    )
    return new Map(owned)
  }

  async #judge(): Promise<void> {
    const { roster, log } = this.#options
    for (const [id, peer] of this.#peers) {
      try {
        roster.setQuality(id, judgeQuality(await peer.figures()))
      } catch (error) {
        log.debug({ reason: messageOf(error) }, 'no figures of a person')
      }
    }
  }
}
