import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { MediaRouter } from '../sfu/media-router.ts'
import { StagePeer } from '../sfu/stage-peer.ts'
import type { TapPorts } from '../sfu/tap-ports.ts'
import type { WorkerPool } from '../sfu/worker-pool.ts'
import type { Registry } from '../streams/registry.ts'
import type { ProgrammeSettings } from './mixer/encoder-args.ts'
import type { MixerStats } from './mixer/mixer.ts'
import { judgeQuality } from './person-quality.ts'
import { Programme, type ProgrammeInput } from './programme.ts'
import { mayReceive, Roster } from './roster.ts'
import { inputId, sceneOf } from './scene-of.ts'
import type { StageNotice } from './stage-protocol.ts'
import type { PersonSnapshot, StageRole, StageSource } from './stage-snapshot.ts'

/** A person whose connection broke keeps the seat for this long. */
const seatMs = 20_000
const qualityEveryMs = 2_000

export type StageDependencies = {
  registry: Registry
  pool: WorkerPool
  ports: TapPorts
  ffmpegBinary: string
  settings: ProgrammeSettings
  maxBitrateBps: number
  /** Says why no programme can be mixed now; null: one can. */
  admits: () => GatewayError | null
  log: Log
}

/** A person's connection, as the stage sees it. */
export type Connection = {
  notify(notice: StageNotice): void
  /** Ends it from the server's side. */
  end(error: GatewayError, retry: boolean): void
}

type Seat = { connection: Connection | null; peer: StagePeer | null; timer: NodeJS.Timeout | undefined }

/** The room of a stream: its people, their media in a router of its own, and the programme while the show is on. */
export class Stage {
  readonly streamName: string
  readonly roster: Roster
  readonly #dependencies: StageDependencies
  readonly #log: Log
  readonly #onEmpty: () => void
  readonly #seats = new Map<string, Seat>()
  readonly #qualityTimer: NodeJS.Timeout
  #router: Promise<MediaRouter> | undefined
  #programme: Programme | undefined
  /** Going live and ending follow one another. */
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  /** @param onEmpty called when the last person has left: the caller closes it. */
  constructor(streamName: string, dependencies: StageDependencies, onEmpty: () => void) {
    this.streamName = streamName
    this.#dependencies = dependencies
    this.#log = dependencies.log.child({ stage: streamName })
    this.#onEmpty = onEmpty
    this.roster = new Roster(streamName, (delta) => {
      this.#tell({ type: 'delta', delta })
      this.#refresh()
    })
    this.#qualityTimer = setInterval(() => void this.#judge(), qualityEveryMs)
  }

  /**
   * @param facts role as the door granted it.
   * @throws GatewayError REMOVED, STAGE_LOCKED, TOO_MANY_PEOPLE, SHUTTING_DOWN
   */
  join(
    facts: { name: string; role: StageRole; seatToken?: string | undefined },
    connection: Connection,
  ): { personId: string; seatToken: string } {
    if (this.#closed) throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
    const { id, seatToken } = this.roster.join(facts)
    const before = this.#seats.get(id)
    clearTimeout(before?.timer)
    before?.peer?.close()
    this.#seats.set(id, { connection, peer: null, timer: undefined })
    before?.connection?.end(new GatewayError('STREAM_TAKEN', 'You joined from somewhere else.'), false)
    return { personId: id, seatToken }
  }

  /** The connection is gone: the seat is kept for a while. An older connection of the same person changes nothing. */
  disconnected(personId: string, connection: Connection): void {
    const seat = this.#seats.get(personId)
    if (seat?.connection !== connection) return
    seat.connection = null
    this.#closePeer(personId, seat)
    this.roster.disconnect(personId)
    seat.timer = setTimeout(() => this.leave(personId), seatMs)
  }

  /** Leaves for good, by the person's own wish or a host's. */
  leave(personId: string, removedBy?: string): void {
    const seat = this.#seats.get(personId)
    this.#seats.delete(personId)
    clearTimeout(seat?.timer)
    if (seat) this.#closePeer(personId, seat)
    this.roster.leave(personId, removedBy !== undefined)
    if (removedBy !== undefined) {
      seat?.connection?.end(new GatewayError('REMOVED', 'A host removed you from this room.'), false)
    }
    if (this.#seats.size === 0) this.#onEmpty()
  }

  /** @throws GatewayError WRONG_STATE while the person waits to be let in. */
  async openMedia(personId: string) {
    const { place } = this.roster.person(personId)
    if (place === 'waiting') throw new GatewayError('WRONG_STATE', 'Wait until a host lets you in.')
    const router = await this.#mediaRouter()
    const peer = await StagePeer.create({
      mediaRouter: router,
      maxBitrateBps: this.#dependencies.maxBitrateBps,
      onTracks: () => this.#tracksChanged(personId, peer),
      onLost: () => this.#peerLost(personId, peer),
      onConsumerClosed: (consumerId) => this.#notify(personId, { type: 'consumerClosed', consumerId }),
    })
    const seat = this.#seats.get(personId)
    if (!seat?.connection || this.#closed) {
      peer.close()
      throw new GatewayError('CONNECTION_LOST', 'The connection broke.')
    }
    seat.peer?.close()
    seat.peer = peer
    return { peer, router }
  }

  /** @throws GatewayError WRONG_STATE before `openMedia`. */
  peer(personId: string): StagePeer {
    const peer = this.#seats.get(personId)?.peer
    if (!peer) throw new GatewayError('WRONG_STATE', 'Open the media first.')
    return peer
  }

  async produce(
    personId: string,
    source: StageSource,
    rtpParameters: Record<string, unknown>,
  ): Promise<string> {
    const kind = source === 'camera' || source === 'screen' ? 'video' : 'audio'
    // What a host muted stays muted, whatever the client sends.
    const paused = source === 'microphone' && this.roster.person(personId).muted
    const producerId = await this.peer(personId).produce(source, kind, rtpParameters, paused)
    this.roster.setSource(personId, source, { paused })
    return producerId
  }

  /** @throws GatewayError WRONG_STATE when a host muted the person and has not asked to unmute. */
  async pause(personId: string, source: StageSource, paused: boolean): Promise<void> {
    if (source === 'microphone' && !paused && this.roster.person(personId).muted) {
      throw new GatewayError('WRONG_STATE', 'A host muted you. Ask to be heard by raising your hand.')
    }
    await this.peer(personId).setPaused(source, paused)
    if (this.peer(personId).track(source)) this.roster.setSource(personId, source, { paused })
  }

  /** Mutes on the server: nobody receives the microphone, and the programme does not have it. */
  async mute(personId: string): Promise<void> {
    this.roster.setMuted(personId, true)
    const peer = this.#seats.get(personId)?.peer
    await peer?.setPaused('microphone', true)
    if (peer?.track('microphone')) this.roster.setSource(personId, 'microphone', { paused: true })
  }

  /** The person may unmute again, which only they can do. */
  askUnmute(personId: string): void {
    this.roster.setMuted(personId, false)
    this.#notify(personId, { type: 'askUnmute' })
  }

  /** Ends a shared screen with its sound; the camera stays. */
  stopScreen(personId: string): void {
    this.#stopSource(personId, 'screen')
    this.#stopSource(personId, 'screen-audio')
  }

  /** Ends a source from the server's side. */
  #stopSource(personId: string, source: StageSource): void {
    const peer = this.#seats.get(personId)?.peer
    if (!peer?.track(source)) return
    peer.unproduce(source)
    this.#notify(personId, { type: 'sourceEnded', source })
  }

  /** @throws GatewayError NOT_FOUND, when the one may not receive the other, too. */
  async consume(personId: string, fromId: string, source: StageSource) {
    const from = this.#seats.get(fromId)?.peer
    if (!from || !mayReceive(this.roster.person(personId), this.roster.person(fromId))) {
      throw new GatewayError('NOT_FOUND', 'This person does not send that to you.')
    }
    return await this.peer(personId).consume(from, source)
  }

  say(personId: string, text: string): void {
    const message = this.roster.say(personId, text, new Date().toISOString())
    this.#tell({ type: 'chat', message })
  }

  /** Starts the show. @throws GatewayError GATEWAY_BUSY, and what `Registry.publish` throws. */
  async goLive(): Promise<void> {
    await this.#serial(async () => {
      if (this.#programme || this.#closed) return
      const refusal = this.#dependencies.admits()
      if (refusal) throw refusal
      this.roster.setProgramme({ state: 'starting', error: null, speaker: null })
      try {
        this.#programme = await Programme.start({
          ...this.#dependencies,
          streamName: this.streamName,
          mediaRouter: await this.#mediaRouter(),
          onStats: (stats) => this.#onStats(stats),
          onEnd: (error) => this.#programmeEnded(error),
          log: this.#log,
        })
      } catch (error) {
        this.roster.setProgramme({ state: 'failed', error: messageOf(error), speaker: null })
        throw error
      }
      this.roster.setProgramme({ state: 'live', error: null, speaker: null })
      this.#refresh()
    })
  }

  async endShow(): Promise<void> {
    await this.#serial(async () => {
      const programme = this.#programme
      this.#programme = undefined
      await programme?.close()
      this.roster.setProgramme({ state: 'off', error: null, speaker: null })
    })
  }

  /** Ends everything, tells the people, and resolves when no process is left. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.endShow()
    this.#closed = true
    clearInterval(this.#qualityTimer)
    for (const seat of this.#seats.values()) {
      clearTimeout(seat.timer)
      seat.peer?.close()
      seat.connection?.end(new GatewayError('SHUTTING_DOWN', 'The room is closed.'), true)
    }
    this.#seats.clear()
    const router = await this.#router?.catch(() => undefined)
    router?.close()
  }

  #mediaRouter(): Promise<MediaRouter> {
    this.#router ??= this.#dependencies.pool.createMediaRouter(() => this.#workerDied())
    this.#router.catch(() => {
      this.#router = undefined
    })
    return this.#router
  }

  /** Every transport in it is gone. People come back by themselves, into a new router. */
  #workerDied(): void {
    this.#router = undefined
    const error = new GatewayError('WORKER_DIED', 'The media worker broke down and is being replaced.')
    for (const seat of this.#seats.values()) {
      seat.peer?.close()
      seat.peer = null
      seat.connection?.end(error, true)
    }
  }

  #peerLost(personId: string, peer: StagePeer): void {
    const seat = this.#seats.get(personId)
    if (seat?.peer !== peer) return
    seat.connection?.end(new GatewayError('CONNECTION_LOST', 'The connection broke.'), true)
  }

  #closePeer(personId: string, seat: Seat): void {
    seat.peer?.close()
    seat.peer = null
    this.#log.debug({ personId }, 'media closed')
  }

  #tracksChanged(personId: string, peer: StagePeer): void {
    if (this.#seats.get(personId)?.peer !== peer) return
    for (const { source } of this.roster.person(personId).sources) {
      if (!peer.track(source)) this.roster.setSource(personId, source, null)
    }
    this.#refresh()
  }

  /** Brings consumers and the programme in line with where people are. */
  #refresh(): void {
    if (this.#closed) return
    const people = new Map(this.roster.people.map((person) => [person.id, person]))
    const owners = this.#producerOwners()
    for (const [id, { peer }] of this.#seats) {
      const listener = people.get(id)
      peer?.closeConsumers((producerId) => {
        const sender = people.get(owners.get(producerId) ?? '')
        return listener !== undefined && sender !== undefined && mayReceive(listener, sender)
      })
    }
    this.#programme?.update(
      [...people.values()]
        .filter(({ place }) => place === 'stage')
        .flatMap((person) => this.#inputsOf(person)),
      sceneOf(this.roster.snapshot()),
    )
  }

  #producerOwners(): Map<string, string> {
    const owners = new Map<string, string>()
    for (const [id, { peer }] of this.#seats) {
      for (const source of ['camera', 'microphone', 'screen', 'screen-audio']) {
        const track = peer?.track(source)
        if (track) owners.set(track.id, id)
      }
    }
    return owners
  }

  #inputsOf({ id }: PersonSnapshot): ProgrammeInput[] {
    const peer = this.#seats.get(id)?.peer
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

  #onStats({ levels, speaker }: MixerStats): void {
    const byPerson = Object.fromEntries(
      Object.entries(levels).map(([id, level]) => [id.split(':')[0] ?? id, Math.round(level * 100) / 100]),
    )
    this.#tell({ type: 'levels', levels: byPerson })
    const { programme } = this.roster
    this.roster.setProgramme({ ...programme, speaker: speaker?.split(':')[0] ?? null })
  }

  #programmeEnded(error: GatewayError): void {
    this.#programme = undefined
    this.roster.setProgramme({ state: 'failed', error: error.message, speaker: null })
  }

  async #judge(): Promise<void> {
    for (const [id, { peer }] of this.#seats) {
      if (!peer) continue
      try {
        this.roster.setQuality(id, judgeQuality(await peer.figures()))
      } catch (error) {
        this.#log.debug({ reason: messageOf(error) }, 'no figures of a person')
      }
    }
  }

  #notify(personId: string, notice: StageNotice): void {
    this.#seats.get(personId)?.connection?.notify(notice)
  }

  /** People who wait hear nothing of the room. */
  #tell(notice: StageNotice): void {
    for (const { id, place } of this.roster.people) {
      const shown = place === 'waiting' ? partOf(notice, id) : notice
      if (shown) this.#notify(id, shown)
    }
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }
}

/** What a waiting person may know: their own place. */
function partOf(notice: StageNotice, personId: string): StageNotice | null {
  if (notice.type !== 'delta') return null
  const own = notice.delta.people?.[personId]
  return own === undefined
    ? null
    : { type: 'delta', delta: { revision: notice.delta.revision, people: { [personId]: own } } }
}
