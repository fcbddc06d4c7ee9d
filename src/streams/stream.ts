import { randomBytes } from 'node:crypto'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import type { StreamsConfig } from '../config/sections/streams-config.ts'
import { GatewayError } from '../errors.ts'
import { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import { Packager } from '../packager/packager.ts'
import type { PackagerSettings } from '../packager/packager-args.ts'
import type { PackagerState } from '../packager/packager-snapshot.ts'
import type { MediaRouter } from '../sfu/media-router.ts'
import { Publication, type TrackKind } from '../sfu/publication.ts'
import type { TapPorts } from '../sfu/tap-ports.ts'
import type { Viewer } from '../sfu/viewers/viewer.ts'
import { Viewers } from '../sfu/viewers/viewers.ts'
import type { WorkerPool } from '../sfu/worker-pool.ts'
import { idleOutputs, type OpenOutputs, openOutputs } from './open-outputs.ts'
import type { OutputKinds } from './output.ts'
import type { StreamSnapshot, StreamState } from './stream-snapshot.ts'

/** The ring only has to let late readers join at a keyframe; the playlists keep their own window. */
const feedLimits = { maxSeconds: 12, maxBytes: 64 * 1024 * 1024 }

export type StreamDependencies = {
  config: StreamsConfig & PackagerSettings & Pick<LimitsConfig, 'maxStreams'>
  pool: WorkerPool
  ports: TapPorts
  ffmpegBinary: string
  outputs: OutputKinds
  log: Log
}

export type PublishRequest = {
  kinds: readonly TrackKind[]
  /** From an earlier publication of the same person. */
  resumeToken?: string | undefined
  /** Called once when the publication ends by itself; `retry`: coming back makes sense. */
  onEnd: (error: GatewayError, retry: boolean) => void
}

export type Published = { publication: Publication; resumeToken: string }

/** From the first publication to the end of the stream: publications may follow each other in it. */
type Session = {
  feed: Feed
  outputs: OpenOutputs
  resumeToken: string
  liveSince: string | null
}

type Active = {
  publication: Publication
  packager: Packager
  viewers: Viewers
  mediaRouter: MediaRouter
  onEnd: PublishRequest['onEnd']
}

/** One live channel: at most one publication, its packager, one feed and the outputs. The owner of its state. */
export class Stream {
  readonly name: string
  readonly #dependencies: StreamDependencies
  readonly #log: Log
  readonly #onGone: () => void
  #state: StreamState = 'idle'
  #reason = 'nobody publishes'
  #since = new Date().toISOString()
  #session: Session | undefined
  #active: Active | undefined
  /** A publication is being set up: the place is taken already. */
  #entering = false
  #closed = false
  /** Runs while nobody publishes: ends the session, later forgets the stream. */
  #timer: NodeJS.Timeout | undefined

  /** @param onGone called when the stream has ended and nothing of it is kept any longer. */
  constructor(name: string, dependencies: StreamDependencies, onGone: () => void) {
    this.name = name
    this.#dependencies = dependencies
    this.#log = dependencies.log.child({ stream: name })
    this.#onGone = onGone
  }

  /** Somebody publishes, is about to, or is waited for. */
  get busy(): boolean {
    return this.#entering || this.#state !== 'idle'
  }

  /**
   * Takes a publisher in. A session that waits for its publisher goes on; a publisher who shows the token of the
   * present one takes its place.
   * @throws GatewayError STREAM_TAKEN, SHUTTING_DOWN, WORKER_DIED
   */
  async publish(request: PublishRequest): Promise<Published> {
    if (this.#closed) throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
    const mayTakeOver =
      request.resumeToken !== undefined && request.resumeToken === this.#session?.resumeToken
    if (this.#entering || (this.#active && !mayTakeOver)) {
      throw new GatewayError(
        'STREAM_TAKEN',
        `Somebody is live on "${this.name}" already. Choose another name.`,
      )
    }
    this.#entering = true
    try {
      if (this.#active) {
        const { onEnd } = this.#active
        await this.#leave()
        onEnd(new GatewayError('STREAM_TAKEN', 'You went live from somewhere else.'), false)
      }
      return await this.#enter(request)
    } finally {
      this.#entering = false
      if (!this.#active && !this.#session) this.#onGone()
    }
  }

  /**
   * The publisher left. `stopped`: the stream ends now; `lost`: it waits for `resumeSeconds`.
   * A publication that is not the present one any more changes nothing.
   */
  async release(publication: Publication, how: 'stopped' | 'lost'): Promise<void> {
    if (this.#active?.publication !== publication) return
    const leaving = this.#leave()
    if (how === 'stopped' || this.#session?.liveSince == null) {
      await Promise.all([leaving, this.#endSession('the publisher stopped')])
      return
    }
    this.#waitForPublisher('the publisher was lost')
    await leaving
  }

  /**
   * Answers the offer of somebody who wants to watch in real time.
   * @throws GatewayError NOT_LIVE, and what `Viewers.watch` throws.
   */
  async watch(offer: string, onEnd: () => void): Promise<Viewer> {
    if (!this.#active) throw new GatewayError('NOT_LIVE', `Nobody is live on "${this.name}".`)
    return await this.#active.viewers.watch(offer, onEnd)
  }

  snapshot(): StreamSnapshot {
    return {
      name: this.name,
      state: this.#state,
      reason: this.#reason,
      since: this.#since,
      liveSince: this.#session?.liveSince ?? null,
      tracks: this.#active?.publication.snapshot() ?? [],
      packager: this.#active?.packager.snapshot() ?? null,
      feed: this.#session?.feed.snapshot() ?? null,
      ...(this.#session?.outputs.snapshot() ?? idleOutputs(this.#dependencies.outputs)),
    }
  }

  /** Ends the stream, tells its publisher, and resolves when no process of it is left. */
  async close(): Promise<void> {
    this.#closed = true
    const onEnd = this.#active?.onEnd
    const leaving = this.#leave()
    await Promise.all([leaving, this.#endSession('the gateway shuts down')])
    clearTimeout(this.#timer)
    onEnd?.(new GatewayError('SHUTTING_DOWN', 'The gateway is restarting.'), true)
  }

  async #enter(request: PublishRequest): Promise<Published> {
    const { pool } = this.#dependencies
    let publication: Publication | undefined
    const workerDied = () =>
      publication?.fail(new GatewayError('WORKER_DIED', 'The media worker broke down and is being replaced.'))
    const mediaRouter = await pool.createMediaRouter(workerDied).catch((error) => {
      if (this.#session?.feed.ended) this.#forgetLater()
      else if (this.#session) this.#waitForPublisher('no media worker')
      throw error
    })
    if (this.#closed) {
      mediaRouter.close()
      throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
    }
    let session: Session
    try {
      session = this.#openSession()
    } catch (error) {
      mediaRouter.close()
      throw error
    }
    clearTimeout(this.#timer)
    publication = new Publication({
      mediaRouter,
      announcedKinds: request.kinds,
      ports: this.#dependencies.ports,
      onEnd: (error) => this.#publicationFailed(error),
    })
    const packager = new Packager({
      source: publication,
      feed: session.feed,
      ffmpegBinary: this.#dependencies.ffmpegBinary,
      settings: this.#dependencies.config,
      log: this.#log,
      onState: (state, reason) => this.#packagerChanged(state, reason),
    })
    const viewers = new Viewers({
      publication,
      createMediaRouter: (codecs, onDied) => pool.createMediaRouter(onDied, codecs),
    })
    publication.onTracksChanged(() => viewers.tracksChanged())
    this.#active = { publication, packager, viewers, mediaRouter, onEnd: request.onEnd }
    this.#set(session.liveSince === null ? 'starting' : 'interrupted', 'a publisher connected')
    return { publication, resumeToken: session.resumeToken }
  }

  /** The session that goes on, or a new one. */
  #openSession(): Session {
    if (this.#session && !this.#session.feed.ended) return this.#session
    this.#session?.outputs.dispose()
    const feed = new Feed(feedLimits)
    const context = { stream: this.name, feed, log: this.#log }
    const outputs = openOutputs(this.#dependencies.outputs, context)
    this.#session = { feed, outputs, resumeToken: randomBytes(16).toString('base64url'), liveSince: null }
    return this.#session
  }

  async #leave(): Promise<void> {
    const active = this.#active
    if (!active) return
    this.#active = undefined
    active.viewers.close()
    active.publication.close()
    await active.packager.close()
    active.mediaRouter.close()
  }

  #publicationFailed(error: GatewayError): void {
    const active = this.#active
    if (!active) return
    this.release(active.publication, 'lost').catch((cause) =>
      this.#log.error({ err: cause }, 'closing failed'),
    )
    active.onEnd(error, true)
  }

  #packagerChanged(state: PackagerState, reason: string): void {
    const session = this.#session
    if (!session || session.feed.ended) return
    if (state === 'running') {
      session.liveSince ??= new Date().toISOString()
      this.#set('live', reason)
    } else if ((state === 'waiting' || state === 'retrying') && session.liveSince !== null) {
      this.#set('interrupted', reason)
    }
  }

  #waitForPublisher(reason: string): void {
    clearTimeout(this.#timer)
    const { resumeSeconds } = this.#dependencies.config
    this.#set('interrupted', reason)
    this.#timer = setTimeout(() => {
      this.#endSession('the publisher did not come back').catch((error) =>
        this.#log.error({ err: error }, 'ending the stream failed'),
      )
    }, resumeSeconds * 1_000)
  }

  async #endSession(reason: string): Promise<void> {
    const session = this.#session
    this.#set('idle', reason)
    this.#forgetLater()
    if (!session || session.feed.ended) return
    session.feed.end()
    await session.outputs.end()
  }

  /** What ended can still be fetched for a while; after `close()` for as long as anybody serves it. */
  #forgetLater(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => this.#forget(), this.#dependencies.config.endedSeconds * 1_000)
  }

  #forget(): void {
    if (this.#active || this.#entering) return
    this.#session?.outputs.dispose()
    this.#session = undefined
    this.#onGone()
  }

  #set(state: StreamState, reason: string): void {
    if (state === this.#state) return
    this.#log.info({ from: this.#state, to: state, reason }, 'stream')
    this.#state = state
    this.#reason = reason
    this.#since = new Date().toISOString()
  }
}
