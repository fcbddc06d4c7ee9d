import { type BackoffRule, backoffMs } from '../backoff.ts'
import type { EncodeConfig } from '../config/sections/encode-config.ts'
import type { HlsConfig } from '../config/sections/hls-config.ts'
import type { Feed } from '../feed/feed.ts'
import type { Epoch, Fragment } from '../feed/fragment.ts'
import { maxKeyframeSeconds } from '../feed/keyframe-cadence.ts'
import { waitForMedia } from '../feed/wait-for-media.ts'
import type { Log } from '../log.ts'
import { pause } from '../pause.ts'
import { runEncode } from './encode-run.ts'
import { encodedBitrateBps, type FrameSize } from './frame-size.ts'

const retryRule: BackoffRule = { firstMs: 500, maxMs: 10_000, jitter: 0.3 }

export type EncoderSettings = Pick<HlsConfig, 'partSeconds'> & EncodeConfig

export type EncoderOptions = {
  /** With video and sound, and media in it. */
  feed: Feed
  size: FrameSize
  settings: EncoderSettings
  ffmpegBinary: string
  log: Log
  onFragment: (fragment: Omit<Fragment, 'number'>) => void
}

/** Keeps a feed encoded: one ffmpeg for each of its epochs, and a new one when that fails. */
export class Encoder {
  readonly #options: EncoderOptions
  /** Resolves when the feed has ended and all of it came out, or after `close()`. */
  readonly done: Promise<void>
  readonly #closing = new AbortController()
  #failures = 0
  #problem: string | null = null

  /** Starts at once, at the feed's newest keyframe; the caller owes a `close()`. */
  constructor(options: EncoderOptions) {
    this.#options = options
    this.done = this.#run()
  }

  /** A sentence for people while it does not work. */
  get problem(): string | null {
    return this.#problem
  }

  /** Ends it at once. May be called twice. */
  close(): Promise<void> {
    this.#closing.abort()
    return this.done
  }

  async #run(): Promise<void> {
    const { feed, log } = this.#options
    const { signal } = this.#closing
    let epoch: Epoch | null = feed.newest?.epoch ?? null
    while (!signal.aborted && !feed.ended) {
      epoch ??= await waitForMedia(feed, signal)
      if (!epoch) break
      const end = await this.#encode(epoch, signal)
      epoch = end.kind === 'epoch' ? end.epoch : null
      if (end.kind !== 'failed') continue
      this.#failures += 1
      this.#problem = `The encoder failed and is started again: ${end.why}`
      log.error({ reason: this.#problem }, 'encoder')
      await pause(backoffMs(retryRule, this.#failures, Math.random()), signal)
    }
  }

  #encode(epoch: Epoch, signal: AbortSignal) {
    const { settings, size } = this.#options
    const { transcodeWidth: width, transcodeHeight: height, transcodeBitrateBps: bitrateBps } = settings
    const video = {
      ...size,
      framesPerSecond: settings.transcodeFramesPerSecond,
      bitrateBps: encodedBitrateBps(size, { width, height, bitrateBps }),
      preset: settings.transcodePreset,
      keyframeSeconds: maxKeyframeSeconds,
    }
    const onFragment = (fragment: Omit<Fragment, 'number'>): void => {
      this.#failures = 0
      this.#problem = null
      this.#options.onFragment(fragment)
    }
    const { partSeconds } = settings
    return runEncode({ ...this.#options, epoch, video, partSeconds, onFragment }, signal)
  }
}
