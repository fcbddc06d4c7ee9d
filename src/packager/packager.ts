import { type BackoffRule, backoffMs } from '../backoff.ts'
import { messageOf } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import { type Attempt, type AttemptEnd, Supervisor, type Wait } from '../supervisor.ts'
import { chooseTracks } from './choose-tracks.ts'
import type { PackagerSettings } from './packager-args.ts'
import { runPackager } from './packager-run.ts'
import type { PackagerSnapshot, PackagerState } from './packager-snapshot.ts'
import type { Source, SourceTrack } from './source.ts'

const retryBackoff: BackoffRule = { firstMs: 250, maxMs: 10_000, jitter: 0.2 }
/** A run whose media came out for this long was healthy: the next failure begins with the shortest delay again. */
const healthyAfterMs = 30_000
/**
 * Some encoders change the picture parameter set with each keyframe. After so many changes of nothing else they are let
 * be: they stand in the samples, too, where most decoders look.
 */
const maxCodingChanges = 2
/** How often the choice of tracks is looked at: it depends on time as well as on events. */
const reconsiderEveryMs = 500

export type PackagerOptions = {
  source: Source
  feed: Feed
  ffmpegBinary: string
  settings: PackagerSettings
  log: Log
  /** Called after each change of state or reason. */
  onState: (state: PackagerState, reason: string) => void
  /** For tests. */
  run?: typeof runPackager
}

/**
 * Keeps a source packaged: chooses the tracks, runs one ffmpeg at a time, starts the next when the tracks change or a
 * run fails. Each run is a new epoch of the feed.
 */
export class Packager {
  readonly #options: PackagerOptions
  readonly #supervisor: Supervisor
  readonly #done: Promise<void>
  #state: PackagerState = 'stopped'
  #reason = ''
  #running: readonly SourceTrack[] = []
  #run: AbortController | undefined
  #pid: number | null = null
  #failures = 0
  #lastError: string | null = null
  #codingChanges = 0
  #wake = Promise.withResolvers<void>()

  /** Starts at once; the caller owes a `close()`. */
  constructor(options: PackagerOptions) {
    this.#options = options
    const timer = setInterval(() => this.#reconsider(), reconsiderEveryMs)
    const forget = options.source.onTracksChanged(() => this.#reconsider())
    this.#supervisor = new Supervisor({
      attempt: (attempt) => this.#attempt(attempt),
      retryDelayMs: (inARow) => backoffMs(retryBackoff, inARow, Math.random()),
      healthyAfterMs,
      onWait: (wait) => this.#waits(wait),
    })
    this.#done = this.#supervisor.done.then(() => {
      clearInterval(timer)
      forget()
      this.#set('stopped', 'closed')
    })
  }

  /** Resolves when its ffmpeg is gone. May be called twice. */
  async close(): Promise<void> {
    const closed = this.#supervisor.close()
    this.#wake.resolve()
    await closed
    await this.#done
  }

  snapshot(): PackagerSnapshot {
    return {
      state: this.#state,
      video: videoMode(this.#running),
      pid: this.#pid,
      failures: this.#failures,
      lastError: this.#lastError,
    }
  }

  async #attempt({ signal, healthy }: Attempt): Promise<AttemptEnd> {
    const tracks = await this.#sendingTracks(signal)
    if (signal.aborted) return 'over'
    const { run = runPackager } = this.#options
    const changed = new AbortController()
    this.#running = tracks
    this.#run = changed
    this.#set('starting', tracks.map(({ mimeType }) => mimeType).join(' + '))
    try {
      const end = await run(
        {
          ...this.#options,
          tracks,
          video: videoMode(tracks),
          endsWith: this.#codingChanges < maxCodingChanges ? ['size', 'coding'] : ['size'],
          onStarted: (pid) => {
            this.#pid = pid
          },
          onRunning: () => {
            healthy()
            this.#set('running', 'media comes out')
          },
        },
        AbortSignal.any([signal, changed.signal]),
      )
      if (end === 'coding') this.#codingChanges += 1
      if (!signal.aborted)
        this.#set('starting', end === 'asked' ? 'the tracks changed' : 'the video format changed')
      return 'next'
    } finally {
      this.#pid = null
      this.#running = []
      this.#run = undefined
    }
  }

  #waits({ failure, delayMs }: Wait): void {
    if (!failure) {
      this.#set('retrying', 'its tracks or its video format change too often')
      return
    }
    this.#failures += 1
    this.#lastError = messageOf(failure.error)
    this.#options.log.warn({ reason: this.#lastError, delayMs }, 'packager run ended')
    this.#set('retrying', this.#lastError)
  }

  /** Waits until there are tracks to take. */
  async #sendingTracks(signal: AbortSignal): Promise<SourceTrack[]> {
    for (;;) {
      const tracks = this.#choose()
      if (tracks.length > 0 || signal.aborted) return tracks
      this.#set('waiting', 'no track sends media')
      await this.#wake.promise
      this.#wake = Promise.withResolvers()
    }
  }

  #reconsider(): void {
    this.#wake.resolve()
    if (this.#run && !this.#stillRight()) this.#run.abort()
  }

  #choose(): SourceTrack[] {
    const { source } = this.#options
    return chooseTracks({
      announcedKinds: source.announcedKinds,
      tracks: source.tracks,
      runningIds: this.#running.map(({ id }) => id),
      nowMs: Date.now(),
    })
  }

  #stillRight(): boolean {
    const chosen = new Set(this.#choose().map(({ id }) => id))
    return chosen.size === this.#running.length && this.#running.every(({ id }) => chosen.has(id))
  }

  #set(state: PackagerState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return
    this.#state = state
    this.#reason = reason
    this.#options.log.debug({ state, reason }, 'packager')
    this.#options.onState(state, reason)
  }
}

function videoMode(tracks: readonly SourceTrack[]): 'copy' | 'transcode' | 'none' {
  const video = tracks.find(({ kind }) => kind === 'video')
  if (!video) return 'none'
  return /^video\/h264$/i.test(video.mimeType) ? 'copy' : 'transcode'
}
