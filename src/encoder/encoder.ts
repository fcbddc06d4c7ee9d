import { type BackoffRule, backoffMs } from '../backoff.ts'
import type { EncodeConfig } from '../config/sections/encode-config.ts'
import type { HlsConfig } from '../config/sections/hls-config.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Epoch } from '../feed/epoch.ts'
import type { Feed } from '../feed/feed.ts'
import type { UnnumberedFragment } from '../feed/fragment.ts'
import { maxKeyframeSeconds } from '../feed/keyframe-cadence.ts'
import { waitForMedia } from '../feed/wait-for-media.ts'
import type { Log } from '../log.ts'
import { type Attempt, type AttemptEnd, Supervisor } from '../supervisor.ts'
import type { TranscodeSlots } from '../transcode-slots.ts'
import { type EncodeEnd, runEncode } from './encode-run.ts'
import { encodedBitrateBps, type FrameSize } from './frame-size.ts'

const retryRule: BackoffRule = { firstMs: 500, maxMs: 10_000, jitter: 0.3 }

export type EncoderSettings = Pick<HlsConfig, 'partSeconds'> & EncodeConfig

export type EncoderOptions = {
  /** With video and audio, and media in it. */
  feed: Feed
  size: FrameSize
  settings: EncoderSettings
  ffmpegBinary: string
  /** Each run takes one place. */
  transcodes: TranscodeSlots
  log: Log
  onFragment: (fragment: UnnumberedFragment) => void
  /** For tests. */
  run?: typeof runEncode
}

/** Keeps a feed encoded: one ffmpeg for each of its epochs, and a new one when that fails. */
export class Encoder {
  readonly #options: EncoderOptions
  /** Resolves when the feed has ended and all of it came out, or after `close()`. */
  readonly done: Promise<void>
  readonly #supervisor: Supervisor
  /** The one that the last run ended for. */
  #next: Epoch | null
  #problem: string | null = null

  /** Starts at once, at the feed's newest keyframe; the caller owes a `close()`. */
  constructor(options: EncoderOptions) {
    this.#options = options
    this.#next = options.feed.newest?.epoch ?? null
    this.#supervisor = new Supervisor({
      attempt: (attempt) => this.#attempt(attempt),
      retryDelayMs: (inARow) => backoffMs(retryRule, inARow, Math.random()),
      healthyAfterMs: 0,
      onWait: ({ failure }) => {
        if (!failure) return
        this.#problem = `The encoder failed and is started again: ${messageOf(failure.error)}`
        options.log.error({ reason: this.#problem }, 'encoder')
      },
    })
    this.done = this.#supervisor.done
  }

  /** A sentence for people while it does not work. */
  get problem(): string | null {
    return this.#problem
  }

  /** Ends it at once. May be called twice. */
  close(): Promise<void> {
    return this.#supervisor.close()
  }

  async #attempt({ signal, healthy }: Attempt): Promise<AttemptEnd> {
    const { feed } = this.#options
    const epoch = this.#next ?? (await waitForMedia(feed, signal))
    // Still the next one when there is no free place.
    this.#next = epoch
    if (!epoch) return 'over'
    const release = this.#options.transcodes.take()
    this.#next = null
    const end = await this.#encode(epoch, signal, healthy).finally(release)
    if (end.kind === 'failed') throw new GatewayError('FFMPEG_FAILED', end.why)
    if (end.kind === 'epoch') this.#next = end.epoch
    return feed.ended ? 'over' : 'next'
  }

  #encode(epoch: Epoch, signal: AbortSignal, healthy: () => void): Promise<EncodeEnd> {
    const { settings, size } = this.#options
    const { transcodeWidth: width, transcodeHeight: height, transcodeBitrateBps: bitrateBps } = settings
    const video = {
      ...size,
      framesPerSecond: settings.transcodeFramesPerSecond,
      bitrateBps: encodedBitrateBps(size, { width, height, bitrateBps }),
      preset: settings.transcodePreset,
      keyframeSeconds: maxKeyframeSeconds,
    }
    const onFragment = (fragment: UnnumberedFragment): void => {
      healthy()
      this.#problem = null
      this.#options.onFragment(fragment)
    }
    const { partSeconds } = settings
    const { run = runEncode } = this.#options
    return run({ ...this.#options, epoch, video, partSeconds, onFragment }, signal)
  }
}
