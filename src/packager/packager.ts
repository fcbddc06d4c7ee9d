import { type BackoffRule, backoffMs } from '../backoff.ts'
import { messageOf } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import { chooseTracks } from './choose-tracks.ts'
import type { PackagerSettings } from './packager-args.ts'
import { type RunEnd, runPackager } from './packager-run.ts'
import type { PackagerSnapshot, PackagerState } from './packager-snapshot.ts'
import type { Source, SourceTrack } from './source.ts'

const retryBackoff: BackoffRule = { firstMs: 250, maxMs: 10_000, jitter: 0.2 }
/** A run that lived this long was healthy: the next failure begins with the shortest delay again. */
const healthyMs = 30_000
/** How often the choice of tracks is looked at: it depends on time as well as on events. */
const reconsiderEveryMs = 500

export type PackagerOptions = {
  source: Source
  feed: Feed
  ffmpegBinary: string
  settings: PackagerSettings
  log: Log
  /** Called after each change of state, with the reason. */
  onState: (state: PackagerState, reason: string) => void
}

/**
 * Keeps a publication packaged: chooses the tracks, runs one ffmpeg at a time, starts the next when the tracks
 * change or a run fails. Each run is a new epoch of the feed.
 */
export class Packager {
  readonly #options: PackagerOptions
  readonly #closing = new AbortController()
  readonly #done: Promise<void>
  #state: PackagerState = 'stopped'
  #running: readonly SourceTrack[] = []
  #run: AbortController | undefined
  #pid: number | null = null
  #failures = 0
  #failuresInARow = 0
  #lastError: string | null = null
  #wake = Promise.withResolvers<void>()

  constructor(options: PackagerOptions) {
    this.#options = options
    this.#done = this.#loop()
  }

  #reconsider(): void {
    this.#wake.resolve()
    if (this.#run && !this.#stillRight()) this.#run.abort()
  }

  /** Resolves when its ffmpeg is gone. May be called twice. */
  close(): Promise<void> {
    this.#closing.abort()
    this.#run?.abort()
    this.#wake.resolve()
    return this.#done
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

  async #loop(): Promise<void> {
    const timer = setInterval(() => this.#reconsider(), reconsiderEveryMs)
    const forget = this.#options.source.onTracksChanged(() => this.#reconsider())
    while (!this.#closing.signal.aborted) {
      const tracks = this.#choose()
      if (tracks.length === 0) {
        this.#set('waiting', 'no track sends media')
        await this.#nextWake()
        continue
      }
      await this.#runOnce(tracks)
    }
    clearInterval(timer)
    forget()
    this.#set('stopped', 'closed')
  }

  async #runOnce(tracks: readonly SourceTrack[]): Promise<void> {
    const { log } = this.#options
    const startedAtMs = Date.now()
    this.#running = tracks
    this.#run = new AbortController()
    this.#set('starting', tracks.map(({ mimeType }) => mimeType).join(' + '))
    let error: unknown
    let end: RunEnd | undefined
    try {
      end = await runPackager(
        {
          ...this.#options,
          tracks,
          video: videoMode(tracks),
          onStarted: (pid) => {
            this.#pid = pid
          },
          onRunning: () => this.#set('running', 'media comes out'),
        },
        this.#run.signal,
      )
    } catch (caught) {
      error = caught
    }
    this.#pid = null
    this.#running = []
    this.#run = undefined
    if (this.#closing.signal.aborted) return
    if (end) {
      this.#set('starting', end === 'asked' ? 'the tracks changed' : 'the picture changed')
      return
    }
    this.#failures += 1
    this.#failuresInARow = Date.now() - startedAtMs > healthyMs ? 1 : this.#failuresInARow + 1
    this.#lastError = messageOf(error)
    const delayMs = backoffMs(retryBackoff, this.#failuresInARow, Math.random())
    log.warn({ reason: this.#lastError, delayMs }, 'packager run ended')
    this.#set('retrying', this.#lastError)
    await abortableDelay(delayMs, this.#closing.signal)
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

  async #nextWake(): Promise<void> {
    await this.#wake.promise
    this.#wake = Promise.withResolvers()
  }

  #set(state: PackagerState, reason: string): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.log.debug({ state, reason }, 'packager')
    this.#options.onState(state, reason)
  }
}

function videoMode(tracks: readonly SourceTrack[]): 'copy' | 'transcode' | 'none' {
  const video = tracks.find(({ kind }) => kind === 'video')
  if (!video) return 'none'
  return /^video\/h264$/i.test(video.mimeType) ? 'copy' : 'transcode'
}

function abortableDelay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
  })
}
