import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Invites } from './invites.ts'
import { ChatLog } from './room/chat-log.ts'
import { noticeFor, snapshotFor } from './room/room-view.ts'
import { Roster } from './room/roster.ts'
import type { Entry } from './stage-door.ts'
import { StageMedia, type StageMediaOptions } from './stage-media.ts'
import type { StageNotice } from './stage-protocol.ts'
import { StageShow, type StageShowOptions } from './stage-show.ts'
import type { ChatMessage, StageSnapshot } from './stage-snapshot.ts'

/** A person whose connection broke keeps the seat for this long. */
const seatMs = 20_000

export type StageDependencies = Pick<StageMediaOptions, 'createRouter' | 'createPeer' | 'maxBitrateBps'> &
  Pick<StageShowOptions, 'startProgramme' | 'admits'> & { invites: Invites; log: Log }

/** A person's connection, as the stage sees it. */
export type Connection = {
  notify(notice: StageNotice): void
  /** Ends it from the server's side. */
  end(error: GatewayError, retry: boolean): void
}

type Seat = {
  connection: Connection | null
  /** Ends the seat of a person whose connection broke. */
  timer: NodeJS.Timeout | undefined
  inviteId: string | null
}

/** The room of a stream: its people with their seats, their media, their chat, and the show. */
export class Stage {
  readonly streamName: string
  readonly roster: Roster
  readonly media: StageMedia
  readonly show: StageShow
  readonly #chat = new ChatLog()
  readonly #invites: Invites
  readonly #onEmpty: () => void
  readonly #seats = new Map<string, Seat>()
  #closed = false

  /** @param onEmpty called when the last person has left: the caller closes it. */
  constructor(streamName: string, dependencies: StageDependencies, onEmpty: () => void) {
    this.streamName = streamName
    this.#invites = dependencies.invites
    this.#onEmpty = onEmpty
    const log = dependencies.log.child({ stage: streamName })
    const roster = new Roster(streamName, (delta) => {
      this.#tell({ type: 'delta', delta })
      this.#refresh()
    })
    this.roster = roster
    this.media = new StageMedia({
      ...dependencies,
      roster,
      notify: (personId, notice) => this.#notify(personId, notice),
      onTracks: () => this.#refresh(),
      onLost: (personId, error) => this.#seats.get(personId)?.connection?.end(error, true),
      log,
    })
    this.show = new StageShow({
      ...dependencies,
      streamName,
      roster,
      mediaRouter: () => this.media.router(),
      inputs: () =>
        roster.people
          .filter(({ place }) => place === 'stage')
          .flatMap((person) => this.media.inputsOf(person)),
      onLevels: (levels) => this.#tell({ type: 'levels', levels }),
      log,
    })
  }

  /**
   * A person comes in, or back into the seat whose token they show.
   * @param facts with what the door granted.
   * @throws GatewayError REMOVED, STAGE_LOCKED, TOO_MANY_PEOPLE, NOT_INVITED, SHUTTING_DOWN
   */
  join(
    { name, role, inviteId, seatToken }: Entry & { name: string; seatToken?: string | undefined },
    connection: Connection,
  ): { personId: string; seatToken: string } {
    if (this.#closed) throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
    const joined = this.roster.join({ name, role, seatToken })
    const { id } = joined
    const before = this.#seats.get(id)
    clearTimeout(before?.timer)
    this.media.closePeer(id)
    this.#seats.set(id, { connection, timer: undefined, inviteId: before?.inviteId ?? inviteId })
    before?.connection?.end(new GatewayError('STREAM_TAKEN', 'You joined from somewhere else.'), false)
    try {
      if (!joined.back && inviteId !== null) this.#invites.use(this.streamName, inviteId, Date.now())
    } catch (error) {
      this.leave(id)
      throw error
    }
    return { personId: id, seatToken: joined.seatToken }
  }

  /** The connection is gone: the seat is kept for a while. An older connection of the same person changes nothing. */
  disconnected(personId: string, connection: Connection): void {
    const seat = this.#seats.get(personId)
    if (seat?.connection !== connection) return
    seat.connection = null
    this.media.closePeer(personId)
    this.roster.disconnect(personId)
    seat.timer = setTimeout(() => this.leave(personId), seatMs)
  }

  /** Leaves for good, by the person's own wish or because the seat was not taken again. */
  leave(personId: string): void {
    this.#leave(personId, false)
  }

  /** A host's word: the connection ends, and neither the seat nor the invite lets the person in again. */
  remove(personId: string): void {
    const seat = this.#seats.get(personId)
    if (seat && seat.inviteId !== null) this.#invites.personRemoved(this.streamName, seat.inviteId)
    this.#leave(personId, true)
    seat?.connection?.end(new GatewayError('REMOVED', 'A host removed you from this room.'), false)
  }

  /** Mutes on the server: neither the people nor the programme hear the person. */
  async mute(personId: string): Promise<void> {
    this.roster.setMuted(personId, true)
    await this.media.mute(personId)
  }

  /** The person may unmute again, which only they can do. */
  askUnmute(personId: string): void {
    this.roster.setMuted(personId, false)
    this.#notify(personId, { type: 'askUnmute' })
  }

  /** @throws GatewayError WRONG_STATE while the person waits, TOO_MANY_REQUESTS. */
  say(personId: string, text: string): void {
    const person = this.roster.person(personId)
    if (person.place === 'waiting') throw new GatewayError('WRONG_STATE', 'Wait until a host lets you in.')
    this.#tell({ type: 'chat', message: this.#chat.say(person, text, new Date().toISOString()) })
  }

  /** What a person may know of the room. @throws GatewayError NOT_FOUND */
  view(personId: string): { snapshot: StageSnapshot; chat: readonly ChatMessage[] } {
    const person = this.roster.person(personId)
    const chat = person.place === 'waiting' ? [] : this.#chat.messages
    return { snapshot: snapshotFor(this.roster.snapshot(), person), chat }
  }

  /** Ends everything, tells the people, and resolves when no process is left. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.show.close()
    for (const { timer, connection } of this.#seats.values()) {
      clearTimeout(timer)
      connection?.end(new GatewayError('SHUTTING_DOWN', 'The room is closed.'), true)
    }
    this.#seats.clear()
    await this.media.close()
  }

  #leave(personId: string, removed: boolean): void {
    clearTimeout(this.#seats.get(personId)?.timer)
    this.#seats.delete(personId)
    this.media.closePeer(personId)
    this.#chat.forget(personId)
    this.roster.leave(personId, removed)
    if (this.#seats.size === 0) this.#onEmpty()
  }

  /** Brings consumers and the programme in line with where people are. */
  #refresh(): void {
    if (this.#closed) return
    this.media.closeForbidden()
    this.show.refresh()
  }

  #notify(personId: string, notice: StageNotice): void {
    this.#seats.get(personId)?.connection?.notify(notice)
  }

  #tell(notice: StageNotice): void {
    for (const person of this.roster.people) {
      const shown = noticeFor(notice, person)
      if (shown) this.#notify(person.id, shown)
    }
  }
}
