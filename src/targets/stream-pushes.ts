import { isDeepStrictEqual } from 'node:util'
import type { TargetConfig } from '../config/target-config.ts'
import type { EncoderSettings } from '../encoder/encoder.ts'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import { TargetFeeds } from '../platform-feed/target-feeds.ts'
import type { Dial } from '../push/connection/dial.ts'
import type { PushAddress } from '../push/connection/rtmp-publish-check.ts'
import { Target } from '../push/target.ts'
import type { TargetSnapshot } from '../push/target-snapshot.ts'
import type { TranscodeSlots } from '../transcode-slots.ts'
import type { EffectiveTarget } from './effective-targets.ts'
import type { TargetHistories } from './target-histories.ts'

export type StreamPushesOptions = {
  stream: string
  /** The stream's own feed. */
  feed: Feed
  histories: TargetHistories
  dial: Dial
  ffmpegBinary: string
  transcodes: TranscodeSlots
  /** How streams are encoded that platforms would not accept. */
  encoding: EncoderSettings
  log: Log
}

type Running = { config: TargetConfig; target: Target; close: () => Promise<void> }

/** The pushes of one live stream: one for each of its targets that is switched on. */
export class StreamPushes {
  readonly #options: StreamPushesOptions
  readonly #feeds: TargetFeeds
  readonly #running = new Map<string, Running>()
  #closed = false

  /** Pushes nowhere until targets are applied. The caller owes a `close()`. */
  constructor(options: StreamPushesOptions) {
    this.#options = options
    const { feed, encoding: settings, ffmpegBinary, transcodes, log } = options
    this.#feeds = new TargetFeeds({ source: feed, settings, ffmpegBinary, transcodes, log })
  }

  /** Where pushes are connecting at this moment. */
  get connectingTo(): PushAddress[] {
    return [...this.#running.values()].flatMap(({ target }) => target.connectingTo ?? [])
  }

  /** The state of a target's push; undefined when the stream is not pushed to it. */
  snapshotOf(name: string): TargetSnapshot | undefined {
    return this.#running.get(name)?.target.snapshot()
  }

  /** Ends a target's wait for its next attempt. */
  retry(name: string): void {
    this.#running.get(name)?.target.retry()
  }

  /** Starts a push to each target that is switched on and has none. A target that can't start does not stop the others. */
  start(targets: readonly EffectiveTarget[]): void {
    for (const { config, source } of targets) {
      if (this.#closed || !config.enabled || this.#running.has(config.name)) continue
      try {
        this.#running.set(config.name, this.#open(config, source === 'config'))
      } catch (error) {
        this.#options.log.error({ err: error, target: config.name }, 'starting a push failed')
      }
    }
  }

  /** Brings the pushes in line with the targets that the stream has now. Not to be called twice at the same time. */
  async apply(targets: readonly EffectiveTarget[]): Promise<void> {
    const outdated = [...this.#running].filter(([name, { config }]) => {
      const now = targets.find((target) => target.config.name === name)
      return !now || !isDeepStrictEqual(now.config, config)
    })
    // The old push must be gone first: a server accepts one per key.
    await Promise.all(
      outdated.map(async ([name, { close }]) => {
        await close()
        this.#running.delete(name)
      }),
    )
    this.start(targets)
  }

  /** Ends the pushes; resolves when no ffmpeg of them is left. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#running.values()].map(({ close }) => close()))
  }

  #open(config: TargetConfig, trusted: boolean): Running {
    const { stream, dial, histories, ffmpegBinary, log } = this.#options
    const reading = this.#feeds.open(config.kind)
    try {
      const target = new Target({
        stream,
        config,
        trusted,
        feed: reading.feed,
        transcode: reading.transcode,
        dial,
        history: histories.open(stream, config.name),
        ffmpegBinary,
        log,
      })
      const close = async (): Promise<void> => {
        await target.close()
        await reading.close()
      }
      return { config, target, close }
    } catch (error) {
      reading.close().catch((cause) => log.error({ err: cause }, "closing a target's feed failed"))
      throw error
    }
  }
}
