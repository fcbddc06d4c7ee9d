import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PackagerState } from '../packager/packager-snapshot.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { Publication } from '../sfu/publication.ts'
import type { Viewer } from '../sfu/viewers/viewer.ts'
import type { WatchRequest } from '../sfu/viewers/watch-request.ts'
import { Broadcast } from './broadcast.ts'
import { mayTakeOver } from './may-take-over.ts'
import { refusal, shuttingDown } from './refusal.ts'
import { shownState, showStream } from './show-stream.ts'
import type { OpenPublication, StreamDependencies, StreamPublication } from './stream-parts.ts'
import type { StreamSnapshot } from './stream-snapshot.ts'
import {
  type Connected,
  connectedOf,
  keptBroadcast,
  type PublishRequest,
  presentBroadcast,
  type StreamStatus,
} from './stream-status.ts'

/** `resumeToken`: lets its holder go on with the broadcast until the next publication. */
export type Published<P = Publication> = { publication: P; resumeToken: string }

/**
 * One live channel: at most one publisher, its packager, and the broadcast with its feed and outputs. The owner of its
 * state. What changes it happens one after the other, each on what the one before left.
 */
export class Stream<P extends StreamPublication = Publication> {
  readonly name: string
  readonly #dependencies: StreamDependencies<P>
  readonly #log: Log
  readonly #onGone: () => void
  readonly #queue = new SerialQueue()
  /** Broadcasts that ended, and whose outputs are still ending. */
  readonly #endings = new Set<Promise<void>>()
  #status: StreamStatus<P> = { kind: 'idle' }
  #reason = 'no publisher'
  #since = new Date().toISOString()
  /** Publishers that wait for their turn or are being let in. */
  #entering = 0
  #closing = false

  /** @param onGone called when nothing of the stream is kept any longer. */
  constructor(name: string, dependencies: StreamDependencies<P>, onGone: () => void) {
    this.name = name
    this.#dependencies = dependencies
    this.#log = dependencies.log.child({ stream: name })
    this.#onGone = onGone
  }

  /** A publisher is connected, about to be, or waited for. */
  get busy(): boolean {
    return this.#entering > 0 || presentBroadcast(this.#status) !== null
  }

  /**
   * Lets a publisher in, in the place of the present one if it may take over. Refused or failed, nothing changes.
   * @throws GatewayError STREAM_TAKEN, SHUTTING_DOWN, WORKER_DIED
   */
  async publish(request: PublishRequest): Promise<Published<P>> {
    this.#entering += 1
    try {
      return await this.#queue.run(() => this.#enter(request))
    } finally {
      this.#entering -= 1
      this.#goneIfIdle()
    }
  }

  /**
   * The publisher left. `stopped`: the broadcast ends now; `lost`: it waits for `resumeSeconds`, if it ever was live.
   * A publication that is not the present one changes nothing. Resolves when all that it leaves behind is gone.
   */
  async release(publication: P, how: 'stopped' | 'lost'): Promise<void> {
    await this.#queue.run(async () => {
      const connected = connectedOf(this.#status)
      if (connected?.open.publication !== publication) return
      await this.#leave(connected, how)
    })
    await Promise.all(this.#endings)
  }

  /**
   * Answers the offer of a viewer who wants to watch in real time.
   * @throws GatewayError NOT_LIVE, and what `Viewers.watch` throws.
   */
  async watch(request: WatchRequest, onEnd: () => void): Promise<Viewer> {
    const connected = connectedOf(this.#status)
    if (!connected) throw new GatewayError('NOT_LIVE', `"${this.name}" is not live.`)
    return await connected.open.watch(request, onEnd)
  }

  snapshot(): StreamSnapshot {
    const told = { name: this.name, reason: this.#reason, since: this.#since }
    return showStream(told, this.#status, this.#dependencies.outputs)
  }

  /** Ends the broadcast, tells its publisher, and resolves when no process of the stream is left. May be called twice. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#queue.run(async () => {
      if (this.#status.kind === 'closed') return
      const connected = connectedOf(this.#status)
      const broadcast = keptBroadcast(this.#status)
      const over = presentBroadcast(this.#status)
      this.#become({ kind: 'closed', broadcast }, 'the gateway shuts down')
      if (over) this.#end(over)
      if (!connected) return
      await this.#disconnect(connected)
      connected.onEnd(new GatewayError('SHUTTING_DOWN', 'The gateway is restarting.'), true)
    })
    await Promise.all(this.#endings)
  }

  async #enter(request: PublishRequest): Promise<Published<P>> {
    if (this.#closing) throw shuttingDown()
    const present = presentBroadcast(this.#status)
    if (!mayTakeOver(request, present?.owner ?? null)) throw refusal(this.name, this.#status)
    let open: OpenPublication<P> | undefined
    const onEnd = (error: GatewayError): void => this.#post(() => this.#publicationEnded(open, error))
    open = await this.#dependencies.openPublication({ kinds: request.kinds, onEnd })
    try {
      if (this.#closing) throw shuttingDown()
      await this.#replacePublisher()
      const broadcast = present ?? new Broadcast(this.name, this.#dependencies, this.#log)
      if (this.#status.kind === 'ended') this.#status.broadcast.dispose()
      return this.#connect(open, broadcast, request)
    } catch (error) {
      open.close()
      throw error
    }
  }

  /** The old publisher has to be gone before the new one's media goes into the same feed. */
  async #replacePublisher(): Promise<void> {
    const connected = connectedOf(this.#status)
    if (!connected) return
    await this.#disconnect(connected)
    connected.onEnd(new GatewayError('STREAM_TAKEN', 'You went live from somewhere else.'), false)
  }

  #connect(open: OpenPublication<P>, broadcast: Broadcast, request: PublishRequest): Published<P> {
    const resumeToken = broadcast.own(request)
    const packager = this.#dependencies.startPackager({
      source: open.publication,
      feed: broadcast.feed,
      log: this.#log,
      onState: (state, reason) => this.#post(() => this.#packagerChanged(connected, state, reason)),
    })
    const connected: Connected<P> = { open, packager, onEnd: request.onEnd }
    if (broadcast.liveSince === null) {
      this.#become({ kind: 'starting', broadcast, connected }, 'a publisher connected')
    } else this.#become({ kind: 'stalled', broadcast, connected }, 'a publisher is back, no media so far')
    return { publication: open.publication, resumeToken }
  }

  async #publicationEnded(open: OpenPublication<P> | undefined, error: GatewayError): Promise<void> {
    const connected = connectedOf(this.#status)
    if (!connected || connected.open !== open) return
    const leaving = this.#leave(connected, 'lost')
    connected.onEnd(error, true)
    await leaving
  }

  #packagerChanged(from: Connected<P>, state: PackagerState, reason: string): void {
    if (!('connected' in this.#status) || this.#status.connected !== from) return
    const { broadcast, connected } = this.#status
    // It has tracks, so the publisher got its answer, and with it the token.
    if (state === 'starting' || state === 'running') broadcast.confirmOwner()
    if (state === 'running') {
      broadcast.noteLive()
      this.#become({ kind: 'live', broadcast, connected }, reason)
    } else if (state !== 'starting') {
      const kind = broadcast.liveSince === null ? 'starting' : 'stalled'
      this.#become({ kind, broadcast, connected }, reason)
    }
  }

  async #leave(connected: Connected<P>, how: 'stopped' | 'lost'): Promise<void> {
    const broadcast = presentBroadcast(this.#status)
    if (broadcast?.liveSince && how === 'lost') this.#waitForPublisher(broadcast)
    else if (broadcast)
      this.#endBroadcast(broadcast, `the publisher ${how === 'lost' ? 'was lost' : 'stopped'}`)
    await this.#disconnect(connected)
  }

  /** Resolves when nothing of a publisher is left. */
  async #disconnect({ packager, open }: Connected<P>): Promise<void> {
    const gone = packager.close()
    open.close()
    await gone.catch((error) => this.#log.error({ err: error }, 'a packager did not end'))
  }

  #waitForPublisher(broadcast: Broadcast): void {
    const waitMs = this.#dependencies.settings.resumeSeconds * 1_000
    const timer = this.#after(waitMs, (status) => {
      if (status.kind === 'waiting') this.#endBroadcast(broadcast, 'the publisher did not come back')
    })
    const untilMs = Date.now() + waitMs
    this.#become({ kind: 'waiting', broadcast, untilMs, timer }, 'the publisher was lost')
  }

  #endBroadcast(broadcast: Broadcast, reason: string): void {
    const timer = this.#after(this.#dependencies.settings.endedSeconds * 1_000, () => {
      this.#become({ kind: 'idle' }, 'no publisher')
      broadcast.dispose()
      this.#goneIfIdle()
    })
    this.#become({ kind: 'ended', broadcast, timer }, reason)
    this.#end(broadcast)
  }

  /** Pushes may take seconds to end: the next publisher need not wait for that. */
  #end(broadcast: Broadcast): void {
    const ending = broadcast.end().finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
  }

  #goneIfIdle(): void {
    if (this.#status.kind === 'idle' && this.#entering === 0) this.#onGone()
  }

  /** Runs a task after a time, in its turn, unless the stream is in another state by then. */
  #after(ms: number, task: (status: StreamStatus<P>) => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#post(() => {
        if ('timer' in this.#status && this.#status.timer === timer) task(this.#status)
      })
    }, ms)
    return timer
  }

  #post(task: () => void | Promise<void>): void {
    this.#queue.run(task).catch((error) => this.#log.error({ err: error }, 'the stream could not change'))
  }

  /** The only place that changes the state. */
  #become(next: StreamStatus<P>, reason: string): void {
    const [before, after] = [this.#status, next]
    if ('timer' in before) clearTimeout(before.timer)
    this.#status = next
    if (before.kind === after.kind && reason === this.#reason) return
    this.#log.info({ from: before.kind, to: after.kind, reason }, 'stream')
    this.#reason = reason
    const [from, to] = [shownState[before.kind], shownState[after.kind]]
    if (from === to) return
    const at = new Date().toISOString()
    this.#since = at
    const liveSince = keptBroadcast(after)?.liveSince ?? null
    this.#dependencies.onChange?.({ stream: this.name, from, to, reason, at, liveSince })
  }
}
