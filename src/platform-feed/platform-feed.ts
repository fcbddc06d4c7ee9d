import { Encoder, type EncoderOptions, type EncoderSettings } from '../encoder/encoder.ts'
import type { FrameSize } from '../encoder/frame-size.ts'
import { messageOf } from '../errors.ts'
import { FilledEpoch } from '../feed/continuity/filled-epoch.ts'
import { type FillerSpec, makeFiller } from '../feed/continuity/filler.ts'
import { JoinedEpochs } from '../feed/continuity/joined-epochs.ts'
import { bestVideo, type Epoch } from '../feed/epoch.ts'
import { Feed } from '../feed/feed.ts'
import { type EpochEnd, followEpoch } from '../feed/follow-epoch.ts'
import type { Fragment, UnnumberedFragment } from '../feed/fragment.ts'
import { maxKeyframeSeconds } from '../feed/keyframe-cadence.ts'
import { waitForMedia } from '../feed/wait-for-media.ts'
import type { Log } from '../log.ts'
import { type Attempt, type AttemptEnd, Supervisor } from '../supervisor.ts'
import { chooseTranscode, encodedSize, type TranscodeChoice } from './choose-transcode.ts'
import { KeyframeDistances } from './keyframe-distances.ts'
import type { TranscodeSnapshot } from './transcode-snapshot.ts'

const retryMs = 5_000
/** As a stream's own feed: readers join at the newest keyframe. */
const limits = { maxSeconds: 12, maxBytes: 64 * 1024 * 1024 }

export type PlatformFeedOptions = {
  /** The stream's own feed. */
  source: Feed
  settings: EncoderSettings
  ffmpegBinary: string
  log: Log
  /** For tests. */
  makeFiller?: typeof makeFiller
  /** For tests. */
  startEncoder?: (options: EncoderOptions) => RunningEncoder
}

type RunningEncoder = Pick<Encoder, 'problem' | 'done' | 'close'>

/**
 * A stream as platforms want it: always with audio and video, frequent keyframes, one picture size. As long as the
 * source is like that, its fragments pass as they are; a track that it lacks is filled without an encoder; and where
 * only an encoder helps, one serves everybody who reads this feed.
 */
export class PlatformFeed {
  readonly feed = new Feed(limits)
  readonly #options: PlatformFeedOptions
  /** The source with all tracks: what an encoder reads. */
  readonly #complete = new Feed(limits)
  readonly #supervisor: Supervisor
  readonly #distances = new KeyframeDistances()
  readonly #joined = new JoinedEpochs()
  readonly #done: Promise<void>
  #closed = false
  /** The epoch that the last one ended for. */
  #next: Epoch | null = null
  /** The source's epoch, as it was published. */
  #source: Epoch | undefined
  #sentSize: FrameSize | null = null
  #encoder: RunningEncoder | undefined
  #encodedBecause: string | null = null
  #decided = false
  /** From the newest keyframe on, while nothing is decided. */
  #held: Fragment[] = []
  #problem: string | null = null

  /** Starts at once; the caller owes a `close()`. */
  constructor(options: PlatformFeedOptions) {
    this.#options = options
    this.#complete.attach({ onFragment: (fragment) => this.#take(fragment), onEnd: () => undefined })
    this.#supervisor = new Supervisor({
      attempt: (attempt) => this.#attempt(attempt),
      retryDelayMs: () => retryMs,
      healthyAfterMs: 0,
      onWait: ({ failure }) => failure && this.#failed(failure.error),
    })
    this.#done = this.#supervisor.done.then(() => this.#end())
  }

  snapshot(): TranscodeSnapshot {
    const waiting = { mode: 'undecided', reasons: ['It waits for media.'] } as const
    const { mode, reasons } = this.#source ? this.#transcode() : waiting
    const problems = [this.#problem, this.#encoder?.problem].filter((problem) => typeof problem === 'string')
    return { mode, reasons: [...reasons, ...problems] }
  }

  /** Ends the feed; resolves when no process of it is left. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#supervisor.close()
    await this.#done
  }

  async #attempt({ signal, healthy }: Attempt): Promise<AttemptEnd> {
    const epoch = this.#next ?? (await waitForMedia(this.#options.source, signal))
    this.#next = null
    if (!epoch) return 'over'
    const filled = await this.#filledEpoch(epoch)
    healthy()
    this.#problem = null
    this.#next = await this.#follow(epoch, filled, signal)
    return this.#next ? 'next' : 'over'
  }

  #failed(error: unknown): void {
    this.#problem = `It can't be made fit for its platforms, and is tried again: ${messageOf(error)}`
    this.#options.log.error({ err: error }, 'the platform feed failed')
  }

  async #end(): Promise<void> {
    if (this.#closed) await this.#encoder?.close()
    this.#complete.end()
    await this.#encoder?.done
    this.feed.end()
  }

  /** What adds the track that an epoch lacks; null when it lacks none. */
  async #filledEpoch(epoch: Epoch): Promise<FilledEpoch | null> {
    const { settings, ffmpegBinary, log, makeFiller: fill = makeFiller } = this.#options
    const { audioBitrateBps, transcodeWidth, transcodeHeight, transcodeFramesPerSecond } = settings
    const hasVideo = epoch.renditions.length > 0
    if (hasVideo && epoch.audio) return null
    const size = this.#sentSize ?? { width: transcodeWidth, height: transcodeHeight }
    const spec: FillerSpec = hasVideo
      ? { kind: 'audio', bitrateBps: audioBitrateBps }
      : {
          kind: 'video',
          ...encodedSize(size, null),
          framesPerSecond: transcodeFramesPerSecond,
          keyframeSeconds: maxKeyframeSeconds,
        }
    return new FilledEpoch(epoch, await fill(spec, ffmpegBinary, log))
  }

  /** Passes an epoch's fragments on. @returns the next epoch; null when the source ended or this was closed. */
  async #follow(epoch: Epoch, filled: FilledEpoch | null, signal: AbortSignal): Promise<Epoch | null> {
    const over = Promise.withResolvers<EpochEnd | null>()
    const onAbort = (): void => over.resolve(null)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    this.#source = epoch
    const detach = followEpoch(this.#options.source, epoch, {
      onFragment: (fragment) => this.#complete.append(filled ? filled.fill(fragment) : fragment),
      onOver: over.resolve,
    })
    const end = await over.promise
    detach()
    signal.removeEventListener('abort', onAbort)
    return end?.kind === 'epoch' ? end.epoch : null
  }

  /** Takes a fragment with all tracks. */
  #take(fragment: Fragment): void {
    this.#distances.add(fragment)
    if (this.#encoder) return
    const { mode, reasons, encodedBecause } = this.#transcode()
    if (fragment.keyframe) this.#held = []
    if (!this.#decided) this.#held.push(fragment)
    if (mode === 'undecided') return
    const video = bestVideo(fragment.epoch)
    if (!video) return
    if (mode === 'encode') {
      this.#encodedBecause = encodedBecause
      this.#options.log.info({ reasons }, 'the stream is encoded for its platforms')
      this.#sentSize = encodedSize(video, this.#sentSize)
      const { startEncoder = (options: EncoderOptions) => new Encoder(options) } = this.#options
      this.#encoder = startEncoder({
        ...this.#options,
        feed: this.#complete,
        size: this.#sentSize,
        onFragment: (encoded) => this.#send(encoded),
      })
    } else if (this.#decided) this.#send(fragment)
    else for (const held of this.#held) this.#send(held)
    this.#decided = true
    this.#held = []
    this.#sentSize ??= { width: video.width, height: video.height }
  }

  #send(fragment: UnnumberedFragment): void {
    this.feed.append(this.#joined.join(fragment))
  }

  #transcode(): TranscodeChoice {
    return chooseTranscode({
      video: this.#source ? bestVideo(this.#source) : null,
      audio: this.#source?.audio != null,
      sentSize: this.#sentSize,
      keyframeSeconds: this.#distances.typicalSeconds,
      encodedBecause: this.#encodedBecause,
    })
  }
}
