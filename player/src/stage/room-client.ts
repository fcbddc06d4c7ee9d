import { backoffMs } from '../../../src/backoff.ts'
import type {
  StageNotice,
  StageReplyData,
  StageRequest,
  StageRequestType,
} from '../../../src/stage/stage-protocol.ts'
import type {
  ChatMessage,
  PersonSnapshot,
  StageSnapshot,
  StageSource,
} from '../../../src/stage/stage-snapshot.ts'
import { RequestError, RequestSocket } from '../common/request-socket.ts'
import { RoomMedia } from './room-media.ts'
import { applyDelta } from './room-state.ts'

type StageExchanges = {
  [T in StageRequestType]: {
    fields: Omit<Extract<StageRequest, { type: T }>, 'id' | 'type'>
    data: StageReplyData[T]
  }
}
export type StageSocket = RequestSocket<StageExchanges>

const protocol = 1
const retryRule = { firstMs: 500, maxMs: 8_000, jitter: 0.3 }

export type RoomStatus =
  | { phase: 'idle' }
  | { phase: 'connecting'; attempt: number }
  | { phase: 'waiting' }
  | { phase: 'inside' }
  /** `final`: coming back makes no sense. */
  | { phase: 'ended'; reason: string }

export type RoomFacts = {
  stream: string
  name: string
  as: 'host' | 'guest'
  invite?: string
  password?: string
}

export type RoomWatcher = {
  /** Anything changed that is to be shown. */
  onChange: () => void
  onAskUnmute: () => void
  /** Something that was asked for was refused. */
  onProblem: (text: string) => void
}

/** A person's place in a room: keeps the connection, the room's state and the media. */
export class RoomClient {
  readonly #facts: RoomFacts
  readonly #watcher: RoomWatcher
  readonly #tracks = new Map<StageSource, MediaStreamTrack>()
  readonly #pausedSources = new Set<StageSource>()
  status: RoomStatus = { phase: 'idle' }
  room: StageSnapshot | null = null
  chat: ChatMessage[] = []
  levels: Readonly<Record<string, number>> = {}
  personId: string | null = null
  #socket: StageSocket | null = null
  #media: RoomMedia | null = null
  #opening = false
  #failures = 0
  #left = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(facts: RoomFacts, watcher: RoomWatcher) {
    this.#facts = facts
    this.#watcher = watcher
  }

  get me(): PersonSnapshot | null {
    return this.room?.people.find(({ id }) => id === this.personId) ?? null
  }

  /** What is received from another person; undefined while nothing is. */
  received(personId: string, source: StageSource): MediaStreamTrack | undefined {
    return this.#media?.received(personId, source)
  }

  /** The person's own track of a source. */
  own(source: StageSource): MediaStreamTrack | undefined {
    return this.#tracks.get(source)
  }

  isPaused(source: StageSource): boolean {
    return this.#pausedSources.has(source)
  }

  /** Fails with a RequestError when the room does not let the person in. */
  async join(): Promise<void> {
    this.#set({ phase: 'connecting', attempt: this.#failures })
    const { stream, name, as, invite, password } = this.#facts
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket: StageSocket = await RequestSocket.open<StageExchanges, StageNotice>(
      `${scheme}://${location.host}/ws/stage/${stream}`,
      {
        onNotice: (notice) => this.#onNotice(notice),
        onClose: () => this.#onClose(socket),
      },
    )
    this.#socket = socket
    try {
      const seatToken = sessionStorage.getItem(seatKey(stream))
      const joined = await socket.request('join', {
        ...{ protocol, name, as },
        ...(invite === undefined ? {} : { invite }),
        ...(password === undefined ? {} : { password }),
        ...(seatToken === null ? {} : { seatToken }),
      })
      sessionStorage.setItem(seatKey(stream), joined.seatToken)
      this.personId = joined.personId
      this.room = joined.snapshot
      this.chat = [...joined.chat]
      this.#failures = 0
      await this.#settle()
    } catch (error) {
      if (this.#socket === socket) this.#socket = null
      socket.close()
      throw error
    }
  }

  /** Sends this track as a source from now on; null ends it. */
  async send(source: StageSource, track: MediaStreamTrack | null): Promise<void> {
    if (track) this.#tracks.set(source, track)
    else this.#tracks.delete(source)
    await this.#media?.send(source, track, this.#pausedSources.has(source))
    this.#watcher.onChange()
  }

  async setPaused(source: StageSource, paused: boolean): Promise<void> {
    await this.ask('pause', { source, paused })
    if (paused) this.#pausedSources.add(source)
    else this.#pausedSources.delete(source)
    const track = this.#tracks.get(source)
    if (track) track.enabled = !paused
    this.#watcher.onChange()
  }

  /** Asks the gateway for something; a refusal is shown, and thrown. */
  async ask<T extends StageRequestType>(
    type: T,
    fields: StageExchanges[T]['fields'],
  ): Promise<StageExchanges[T]['data']> {
    try {
      if (!this.#socket) throw new RequestError('the connection broke')
      return await this.#socket.request(type, fields)
    } catch (error) {
      this.#watcher.onProblem(error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  /** Tells the gateway how large a picture is shown. */
  prefer(personId: string, source: StageSource, height: number): void {
    this.#media?.prefer(personId, source, height)
  }

  leave(): void {
    this.#left = true
    clearTimeout(this.#timer)
    sessionStorage.removeItem(seatKey(this.#facts.stream))
    this.#socket?.request('leave', {}).catch((error: unknown) => console.warn('Leaving was not heard', error))
    this.#media?.close()
    this.#media = null
    this.#set({ phase: 'ended', reason: 'You left the room.' })
  }

  #onNotice(notice: StageNotice): void {
    if (notice.type === 'delta') {
      if (!this.room) return
      const next = applyDelta(this.room, notice.delta)
      if (next) this.room = next
      else this.#refetch()
      this.#settle().catch((error: unknown) => this.#broke(error))
    } else if (notice.type === 'chat') this.chat = [...this.chat, notice.message].slice(-200)
    else if (notice.type === 'levels') this.levels = notice.levels
    else if (notice.type === 'askUnmute') this.#watcher.onAskUnmute()
    else if (notice.type === 'consumerClosed') this.#media?.consumerClosed(notice.consumerId)
    else if (notice.type === 'sourceEnded') this.#sourceEnded(notice.source)
    else if (notice.type === 'ended' && !notice.retry) {
      this.#left = true
      this.#set({ phase: 'ended', reason: notice.error.message })
    }
    this.#watcher.onChange()
  }

  /** Brings the media in line with the room. */
  async #settle(): Promise<void> {
    const { me } = this
    const socket = this.#socket
    if (!me || !socket) return
    if (me.place === 'waiting') {
      this.#set({ phase: 'waiting' })
      return
    }
    if (this.status.phase !== 'inside' && !this.#opening) {
      this.#opening = true
      try {
        this.#media = await RoomMedia.open(socket, {
          onChange: () => this.#watcher.onChange(),
          onBroken: () => socket.close(),
        })
        this.#refetch()
        for (const [source, track] of this.#tracks) {
          await this.#media.send(source, track, this.#pausedSources.has(source))
        }
        this.#set({ phase: 'inside' })
      } finally {
        this.#opening = false
      }
    }
    if (this.room) this.#media?.receive(this.room, me.id)
  }

  #refetch(): void {
    const socket = this.#socket
    socket
      ?.request('snapshot', {})
      .then(({ snapshot, chat }) => {
        this.room = snapshot
        this.chat = [...chat]
        this.#watcher.onChange()
        return this.#settle()
      })
      .catch((error: unknown) => this.#broke(error))
  }

  #sourceEnded(source: StageSource): void {
    const track = this.#tracks.get(source)
    this.#tracks.delete(source)
    track?.stop()
    this.#media?.forget(source)
  }

  #broke(error: unknown): void {
    console.warn('The room broke', error)
    this.#socket?.close()
  }

  #onClose(socket: StageSocket): void {
    if (this.#socket !== socket) return
    this.#socket = null
    this.#media?.close()
    this.#media = null
    if (this.#left) return
    this.#again()
  }

  #again(): void {
    this.#failures += 1
    this.#set({ phase: 'connecting', attempt: this.#failures })
    this.#timer = setTimeout(
      () => {
        this.join().catch((error: unknown) => {
          if (error instanceof RequestError && error.code !== null) {
            this.#left = true
            this.#set({ phase: 'ended', reason: error.message })
          } else this.#again()
        })
      },
      backoffMs(retryRule, this.#failures, Math.random()),
    )
  }

  #set(status: RoomStatus): void {
    this.status = status
    this.#watcher.onChange()
  }
}

function seatKey(stream: string): string {
  return `sluice-seat-${stream}`
}
