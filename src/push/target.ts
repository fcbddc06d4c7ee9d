import type { TargetConfig } from '../config/target-config.ts'
import { toErrorShape } from '../errors.ts'
import type { Epoch } from '../feed/epoch.ts'
import type { Feed } from '../feed/feed.ts'
import { waitForMedia } from '../feed/wait-for-media.ts'
import { type Log, redactUrls } from '../log.ts'
import { pause } from '../pause.ts'
import type { TranscodeSnapshot } from '../platform-feed/transcode-snapshot.ts'
import { type Destination, destinationOf, hideSecrets } from './connection/destination.ts'
import type { Dial } from './connection/dial.ts'
import type { PushAddress } from './connection/rtmp-publish-check.ts'
import { Push, type PushEnd } from './push.ts'
import { needsPerson, retryDelayMs } from './retry-delay.ts'
import type { TargetHistory } from './target-history.ts'
import type { TargetErrorClass, TargetSnapshot, TargetState } from './target-snapshot.ts'

/** Failures are forgotten once media has moved this long: a server that takes some of it each time is not well. */
const settledMs = 60_000
/** Pressing "Retry" again and again must not flood the server. */
const leastBetweenTriesMs = 2_000

export type TargetOptions = {
  /** Name of the stream, for `{stream}` in the URL and the key. */
  stream: string
  config: TargetConfig
  /** The operator wrote it into the configuration: it may go to private networks. */
  trusted: boolean
  feed: Feed
  /** What was done to that feed, for the snapshot. */
  transcode?: () => TranscodeSnapshot
  dial: Dial
  history: TargetHistory
  ffmpegBinary: string
  /** Bound to the stream. */
  log: Log
}

type Failure = Extract<PushEnd, { kind: 'failed' }>
type Problem = { class: TargetErrorClass; sentence: string }

const tooSlow: Problem = {
  class: 'too-slow',
  sentence: 'The connection takes less than the stream has: parts were left out. A lower bitrate helps.',
}

/** A stream's RTMP target: pushes the feed there from its first media on, and tries again until it is closed. */
export class Target {
  readonly #options: TargetOptions
  readonly #destination: Destination
  readonly #log: Log
  readonly #closing = new AbortController()
  readonly #ended: Promise<void>
  #state: TargetState = 'waiting'
  #sinceMs = Date.now()
  #liveSinceMs: number | null = null
  #push: Push | null = null
  #failures = 0
  /** On the monotonic clock, as `#problem.atMs`. */
  #triedAtMs = Number.NEGATIVE_INFINITY
  #nextTryAtMs: number | null = null
  #hurry = new AbortController()
  #problem: (Problem & { atMs: number }) | null = null
  /** Of pushes that are over. */
  #sentBytes = 0
  #dropped = { fragments: 0, seconds: 0 }
  #timesLive = 0

  /** Starts at once; the caller owes a `close()`. */
  constructor(options: TargetOptions) {
    this.#options = options
    this.#destination = destinationOf(options.config, options.stream)
    this.#log = options.log.child({ target: options.config.name, destination: this.#destination.shown })
    this.#note(null)
    this.#ended = this.#run()
  }

  snapshot(): TargetSnapshot {
    this.#settle()
    const { name, kind } = this.#options.config
    return {
      name,
      kind,
      destination: this.#destination.shown,
      state: this.#state,
      since: new Date(this.#sinceMs).toISOString(),
      liveSince: this.#liveSinceMs === null ? null : new Date(this.#liveSinceMs).toISOString(),
      bitrateBps: this.#push?.bitrateBps ?? 0,
      sentBytes: this.#sentBytes + (this.#push?.arrivedBytes ?? 0),
      droppedFragments: this.#dropped.fragments,
      droppedSeconds: Math.round(this.#dropped.seconds * 10) / 10,
      reconnects: Math.max(0, this.#timesLive - 1),
      failures: this.#failures,
      nextTryAt: this.#nextTryAtMs === null ? null : new Date(this.#nextTryAtMs).toISOString(),
      lastError: this.#problem?.sentence ?? null,
      errorClass: this.#problem?.class ?? null,
      profile: this.#options.transcode?.() ?? null,
    }
  }

  /** Where it is connecting at this moment, for a server that asks whether that is us. */
  get connectingTo(): PushAddress | null {
    const { stream, trusted } = this.#options
    return this.#state === 'connecting' ? { ...this.#destination, stream, trusted } : null
  }

  /** Tries again soon, if it waits for that; else nothing happens. */
  retry(): void {
    this.#hurry.abort()
  }

  /** Stops for good; resolves when its ffmpeg is gone. May be called twice. */
  close(): Promise<void> {
    this.#enter('stopped', 'it was closed')
    this.#closing.abort()
    return this.#ended
  }

  async #run(): Promise<void> {
    const { feed } = this.#options
    const { signal } = this.#closing
    let epoch: Epoch | null = null
    while (!signal.aborted && !feed.ended) {
      if (!epoch) this.#enter('waiting', 'it waits for media')
      const end = await this.#next(epoch, signal)
      if (!end) break
      epoch = end.kind === 'epoch' ? end.epoch : null
      if (end.kind === 'failed') await this.#retryLater(end, signal)
    }
    this.#enter('stopped', 'the stream ended')
  }

  /** Waits for media, then pushes it. @returns null when no media comes any more. Never rejects. */
  async #next(known: Epoch | null, signal: AbortSignal): Promise<PushEnd | null> {
    try {
      const epoch = known ?? (await waitForMedia(this.#options.feed, signal))
      return epoch && (await this.#attempt(epoch, signal))
    } catch (error) {
      // A fault of ours: this target tries again, and everything else goes on.
      this.#log.error({ err: error }, 'push broke')
      return { kind: 'failed', fault: 'ours', class: 'gateway', why: toErrorShape(error).message }
    }
  }

  async #attempt(epoch: Epoch, signal: AbortSignal): Promise<PushEnd> {
    const { feed, ffmpegBinary, dial, trusted } = this.#options
    this.#enter('connecting', 'there is media')
    this.#triedAtMs = performance.now()
    const push = new Push({
      destination: this.#destination,
      trusted,
      feed,
      epoch,
      dial,
      ffmpegBinary,
      log: this.#log,
      onLiveness: (liveness) => this.#onLiveness(liveness),
      onDropped: (fragments, seconds) => this.#onDropped(fragments, seconds),
    })
    this.#push = push
    const end = await push.run(signal)
    this.#settle()
    this.#push = null
    this.#liveSinceMs = null
    this.#sentBytes += push.arrivedBytes
    return end
  }

  #onLiveness(liveness: 'live' | 'stalled'): void {
    if (liveness === 'stalled') {
      this.#enter('stalled', 'the server takes no data')
      return
    }
    if (this.#liveSinceMs === null) {
      this.#liveSinceMs = Date.now()
      this.#timesLive += 1
    }
    this.#enter('live', 'media arrives')
  }

  #onDropped(fragments: number, seconds: number): void {
    if (this.#problem?.class !== 'too-slow') {
      this.#log.warn({ fragments, seconds }, 'target is slower than the stream: media is left out')
    }
    this.#problem = { ...tooSlow, atMs: performance.now() }
    this.#dropped = {
      fragments: this.#dropped.fragments + fragments,
      seconds: this.#dropped.seconds + seconds,
    }
  }

  /** Old failures are forgotten when media has gone well for long enough. */
  #settle(): void {
    if ((this.#push?.movedForMs ?? 0) < settledMs) return
    this.#failures = 0
    if (this.#problem && performance.now() - this.#problem.atMs > settledMs) this.#problem = null
  }

  async #retryLater(failure: Failure, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#failures += 1
    const sentence = hideSecrets(redactUrls(failure.why), this.#destination.secrets)
    this.#problem = { class: failure.class, sentence, atMs: performance.now() }
    const delayMs = retryDelayMs(failure.class, this.#failures, this.#timesLive > 0, Math.random())
    this.#nextTryAtMs = Date.now() + delayMs
    this.#enter(needsPerson(failure.class) ? 'refused' : 'retrying', sentence, failure)
    this.#hurry = new AbortController()
    await pause(delayMs, AbortSignal.any([signal, this.#hurry.signal]))
    const tooEarlyMs = this.#triedAtMs + leastBetweenTriesMs - performance.now()
    if (this.#hurry.signal.aborted && tooEarlyMs > 0) {
      this.#nextTryAtMs = Date.now() + tooEarlyMs
      await pause(tooEarlyMs, signal)
    }
    this.#nextTryAtMs = null
  }

  /** The only place that changes the state. Stopped is final. */
  #enter(state: TargetState, reason: string, failure?: Failure): void {
    if (this.#state === 'stopped' || this.#state === state) return
    const level = failure === undefined ? 'info' : failure.fault === 'ours' ? 'error' : 'warn'
    this.#log[level]({ from: this.#state, to: state, reason }, 'target changed its state')
    this.#state = state
    this.#sinceMs = Date.now()
    this.#note(failure?.class ?? null, reason)
  }

  #note(errorClass: TargetErrorClass | null, reason = 'it was started'): void {
    const at = new Date(this.#sinceMs).toISOString()
    this.#options.history.add({ at, state: this.#state, reason, errorClass })
  }
}
