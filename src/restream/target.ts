import { type BackoffRule, backoffMs } from '../backoff.ts'
import type { TargetConfig } from '../config.ts'
import type { Feed } from '../feed/feed.ts'
import type { Epoch } from '../feed/fragment.ts'
import { type Log, redactUrls } from '../log.ts'
import type { TargetSnapshot, TargetState } from '../streams/snapshot.ts'
import { type Destination, destinationOf, hideSecrets } from './destination.ts'
import { nextMedia } from './next-media.ts'
import { pause } from './pause.ts'
import { Push, type PushEnd } from './push.ts'

const retryRule: BackoffRule = { firstMs: 1_000, maxMs: 30_000, jitter: 0.3 }
/** Failures are forgotten once media has moved this long: a server that takes a second of it each time is not well. */
const settledMs = 10_000

export type TargetOptions = {
  /** Name of the stream, for `{stream}` in the URL and the key. */
  stream: string
  config: TargetConfig
  feed: Feed
  ffmpegBinary: string
  /** Bound to the stream. */
  log: Log
}

type Failure = Extract<PushEnd, { kind: 'failed' }>

/** A stream's RTMP target: pushes the feed there from its first media on, and tries again until it is closed. */
export class Target {
  readonly #options: TargetOptions
  readonly #destination: Destination
  readonly #log: Log
  readonly #closing = new AbortController()
  readonly #ended: Promise<void>
  #state: TargetState = 'waiting'
  #sinceMs = Date.now()
  #push: Push | null = null
  #failures = 0
  #nextTryAtMs: number | null = null
  #lastError: string | null = null

  /** Starts at once; the caller owes a `close()`. */
  constructor(options: TargetOptions) {
    this.#options = options
    this.#destination = destinationOf(options.config, options.stream)
    this.#log = options.log.child({ target: options.config.name, destination: this.#destination.shown })
    this.#ended = this.#run()
  }

  snapshot(): TargetSnapshot {
    const settled = (this.#push?.movedForMs ?? 0) >= settledMs
    return {
      name: this.#options.config.name,
      destination: this.#destination.shown,
      state: this.#state,
      since: new Date(this.#sinceMs).toISOString(),
      bitrateBps: this.#push?.bitrateBps ?? 0,
      failures: settled ? 0 : this.#failures,
      nextTryAt: this.#nextTryAtMs === null ? null : new Date(this.#nextTryAtMs).toISOString(),
      lastError: this.#lastError,
    }
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
      epoch ??= await nextMedia(feed, signal)
      if (!epoch) break
      const end = await this.#attempt(epoch, signal)
      epoch = end.kind === 'epoch' ? end.epoch : null
      if (end.kind === 'failed') await this.#retryLater(end, signal)
    }
    this.#enter('stopped', 'the stream ended')
  }

  async #attempt(epoch: Epoch, signal: AbortSignal): Promise<PushEnd> {
    const { feed, ffmpegBinary } = this.#options
    this.#enter('connecting', 'there is media')
    const push = new Push({
      destination: this.#destination,
      feed,
      epoch,
      ffmpegBinary,
      log: this.#log,
      onLive: () => this.#enter('live', 'media leaves'),
    })
    this.#push = push
    const end = await push.run(signal)
    this.#push = null
    if (push.movedForMs >= settledMs) this.#failures = 0
    return end
  }

  async #retryLater(failure: Failure, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#failures += 1
    const delayMs = backoffMs(retryRule, this.#failures, Math.random())
    this.#lastError = hideSecrets(redactUrls(failure.why), this.#destination.secrets)
    this.#nextTryAtMs = Date.now() + delayMs
    this.#enter('retrying', this.#lastError, failure.fault)
    await pause(delayMs, signal)
    this.#nextTryAtMs = null
  }

  /** The only place that changes the state. Stopped is final. */
  #enter(state: TargetState, reason: string, fault?: Failure['fault']): void {
    if (this.#state === 'stopped' || this.#state === state) return
    const level = fault === undefined ? 'info' : fault === 'ours' ? 'error' : 'warn'
    this.#log[level]({ from: this.#state, to: state, reason }, 'target changed its state')
    this.#state = state
    this.#sinceMs = Date.now()
  }
}
