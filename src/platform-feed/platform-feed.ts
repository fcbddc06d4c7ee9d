import { Encoder, type EncoderSettings } from '../encoder/encoder.ts'
import type { FrameSize } from '../encoder/frame-size.ts'
import { messageOf } from '../errors.ts'
import { FilledEpoch } from '../feed/continuity/filled-epoch.ts'
import { type FillerSpec, makeFiller } from '../feed/continuity/filler.ts'
import { JoinedEpochs } from '../feed/continuity/joined-epochs.ts'
import { Feed } from '../feed/feed.ts'
import type { Epoch, Fragment } from '../feed/fragment.ts'
import { maxKeyframeSeconds } from '../feed/keyframe-cadence.ts'
import { waitForMedia } from '../feed/wait-for-media.ts'
import type { Log } from '../log.ts'
import { pause } from '../pause.ts'
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
}

/**
 * A stream as platforms want it: always with sound and picture, frequent keyframes, one picture size. As long as the
 * source is like that, its fragments pass as they are; a track that it lacks is filled without an encoder; and where
 * only an encoder helps, one serves everybody who reads this feed.
 */
export class PlatformFeed {
  readonly feed = new Feed(limits)
  readonly #options: PlatformFeedOptions
  /** The source with all tracks: what an encoder reads. */
  readonly #complete = new Feed(limits)
  readonly #closing = new AbortController()
  readonly #distances = new KeyframeDistances()
  readonly #joined = new JoinedEpochs()
  readonly #done: Promise<void>
  /** The source's epoch, as it was published. */
  #source: Epoch | undefined
  #sentSize: FrameSize | null = null
  #encoder: Encoder | undefined
  #encodedBecause: string | null = null
  #decided = false
  /** From the newest keyframe on, while nothing is decided. */
  #held: Fragment[] = []
  #problem: string | null = null

  /** Starts at once; the caller owes a `close()`. */
  constructor(options: PlatformFeedOptions) {
    this.#options = options
    this.#complete.attach({ onFragment: (fragment) => this.#take(fragment), onEnd: () => undefined })
    this.#done = this.#run()
  }

  snapshot(): TranscodeSnapshot {
    if (!this.#source) return { mode: 'undecided', reasons: ['It waits for media.'] }
    const { mode, reasons } = this.#transcode()
    const problems = [this.#problem, this.#encoder?.problem].filter((problem) => typeof problem === 'string')
    return { mode, reasons: [...reasons, ...problems] }
  }

  /** Ends the feed; resolves when no process of it is left. May be called twice. */
  close(): Promise<void> {
    this.#closing.abort()
    return this.#done
  }

  async #run(): Promise<void> {
    const { source } = this.#options
    const { signal } = this.#closing
    let epoch: Epoch | null = null
    while (!signal.aborted && !source.ended) {
      try {
        epoch ??= await waitForMedia(source, signal)
        if (!epoch) break
        const filled = await this.#filledEpoch(epoch)
        this.#problem = null
        epoch = await this.#follow(epoch, filled)
      } catch (error) {
        this.#problem = `It can't be made fit for its platforms, and is tried again: ${messageOf(error)}`
        this.#options.log.error({ err: error }, 'preparing the stream for its platforms failed')
        await pause(retryMs, signal)
      }
    }
    if (signal.aborted) await this.#encoder?.close()
    this.#complete.end()
    await this.#encoder?.done
    this.feed.end()
  }

  /** What adds the track that an epoch lacks; null when it lacks none. */
  async #filledEpoch(epoch: Epoch): Promise<FilledEpoch | null> {
    const { settings, ffmpegBinary, log } = this.#options
    const { audioBitrateBps, transcodeWidth, transcodeHeight, transcodeFramesPerSecond } = settings
    if (epoch.video && epoch.audio) return null
    const size = this.#sentSize ?? { width: transcodeWidth, height: transcodeHeight }
    const spec: FillerSpec = epoch.video
      ? { kind: 'silence', bitrateBps: audioBitrateBps }
      : {
          kind: 'picture',
          ...encodedSize(size, null),
          framesPerSecond: transcodeFramesPerSecond,
          keyframeSeconds: maxKeyframeSeconds,
        }
    return new FilledEpoch(epoch, await makeFiller(spec, ffmpegBinary, log))
  }

  /** Passes an epoch's fragments on. @returns the next epoch; null when the source ended or this was closed. */
  async #follow(epoch: Epoch, filled: FilledEpoch | null): Promise<Epoch | null> {
    const { signal } = this.#closing
    const end = Promise.withResolvers<Epoch | null>()
    let over = false
    const finish = (next: Epoch | null): void => {
      over = true
      end.resolve(next)
    }
    const pass = (fragment: Fragment): void => {
      try {
        this.#complete.append(filled ? filled.fill(fragment) : fragment)
      } catch (error) {
        // Not through the feed, whose other readers have nothing to do with it.
        over = true
        end.reject(error)
      }
    }
    const onAbort = (): void => finish(null)
    signal.addEventListener('abort', onAbort)
    this.#source = epoch
    const detach = this.#options.source.attach({
      onFragment: (fragment) => {
        if (over) return
        if (fragment.epoch !== epoch) finish(fragment.epoch)
        else pass(fragment)
      },
      onEnd: () => finish(null),
    })
    if (signal.aborted) finish(null)
    try {
      return await end.promise
    } finally {
      detach()
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Takes a fragment with all tracks. */
  #take(fragment: Fragment): void {
    this.#distances.add(fragment)
    if (this.#encoder) return
    const { mode, reasons, encodedBecause } = this.#transcode()
    if (fragment.keyframe) this.#held = []
    if (!this.#decided) this.#held.push(fragment)
    if (mode === 'undecided') return
    const { video } = fragment.epoch
    if (!video) return
    if (mode === 'encode') {
      this.#encodedBecause = encodedBecause
      this.#options.log.info({ reasons }, 'the stream is encoded for its platforms')
      this.#sentSize = encodedSize(video, this.#sentSize)
      this.#encoder = new Encoder({
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

  #send(fragment: Omit<Fragment, 'number'>): void {
    this.feed.append(this.#joined.join(fragment))
  }

  #transcode(): TranscodeChoice {
    const { video, audio } = this.#source ?? { video: null, audio: null }
    return chooseTranscode({
      video,
      audio: audio !== null,
      sentSize: this.#sentSize,
      keyframeSeconds: this.#distances.typicalSeconds,
      encodedBecause: this.#encodedBecause,
    })
  }
}
