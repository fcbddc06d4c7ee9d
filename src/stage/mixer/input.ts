import { type BackoffRule, backoffMs } from '../../backoff.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { FrameSize } from '../layout.ts'
import type { Picture } from './canvas.ts'
import { Decoder } from './decoder.ts'
import type { DecodedKinds } from './decoder-args.ts'
import type { FramePool } from './frame-pool.ts'
import { PictureQueue, type TimedPicture } from './picture-queue.ts'
import { PlayoutDelay } from './playout-delay.ts'
import { SoundRing } from './sound-ring.ts'

/** A decoder that is fed and gives nothing for this long is replaced. */
const stalledMs = 2_000
/** Before the first output it waits for a keyframe, and for a publisher who may send none for long. */
const startMs = 10_000
const restartRule: BackoffRule = { firstMs: 100, maxMs: 5_000, jitter: 0.2 }
/** What comes later than this is the catching up of a decoder, not lateness. */
const catchUpMs = 500
const delayLimits = { leastMs: 60, mostMs: 500 }
/** A freeze shows the last picture for this long, then name and initials. */
export const freezeMs = 1_000

export type InputSpec = {
  /** `PERSON:camera` or `PERSON:screen`. */
  id: string
  sdp: string
  kinds: DecodedKinds
}

export type InputOptions = InputSpec & {
  binary: string
  size: FrameSize
  fit: 'cover' | 'contain'
  maxPixels: number
  pool: FramePool
  nowMs: () => number
  /** A decoder listens, or will soon: it needs a keyframe. */
  onStarted: (pid: number) => void
  log: Log
}

/** One camera or screen with its sound: a decoder that is replaced when it fails, and what came out of it. */
export class Input {
  readonly id: string
  readonly #options: InputOptions
  readonly #pictures: PictureQueue
  readonly #sound = new SoundRing()
  readonly #delay = new PlayoutDelay(delayLimits)
  #size: FrameSize
  #fit: 'cover' | 'contain'
  #decoder: Decoder | undefined
  #hasOutput = false
  #failures = 0
  #restart: NodeJS.Timeout | undefined
  #closed = false
  #closing: Promise<unknown> = Promise.resolve()
  #playheadMs: number | undefined

  constructor(options: InputOptions) {
    this.id = options.id
    this.#options = options
    this.#size = options.size
    this.#fit = options.fit
    this.#pictures = new PictureQueue((picture) => options.pool.give(picture.bytes))
    this.#closing = this.#start()
  }

  get pid(): number | null {
    return this.#decoder?.pid ?? null
  }

  get failures(): number {
    return this.#failures
  }

  /** How far behind capture it is played. */
  get delayMs(): number {
    return this.#delay.ms
  }

  /** Wants pictures of another size from now on; those on their way are cut or centred. */
  show(size: FrameSize, fit: 'cover' | 'contain'): void {
    if (fit !== this.#fit) {
      // The scaler's way of keeping the shape can't be changed by a command.
      this.#fit = fit
      this.#size = size
      this.#decoder?.kill()
    } else if (size.width !== this.#size.width || size.height !== this.#size.height) {
      this.#size = size
      this.#decoder?.resize(size)
    }
  }

  /** The picture for a tick; undefined while there is none that is fresh enough. */
  picture(tickMs: number, halfFrameMs: number): Picture | undefined {
    const atMs = tickMs - this.#delay.ms
    const picture = this.#pictures.at(atMs + halfFrameMs)
    return picture && atMs - picture.capturedAtMs < freezeMs ? picture : undefined
  }

  /**
   * Adds the sound of a tick to a mix.
   * @returns its loudness.
   */
  mixInto(mix: Float32Array, tickMs: number, lengthMs: number, gain: { from: number; to: number }): number {
    this.#delay.tick()
    const endMs = tickMs + lengthMs - this.#delay.ms
    // A longer delay repeats a little sound; stretching it that much would be heard as well.
    const fromMs =
      this.#playheadMs === undefined || Math.abs(endMs - this.#playheadMs - lengthMs) > 2
        ? endMs - lengthMs
        : this.#playheadMs
    this.#playheadMs = endMs
    return this.#sound.mixInto(mix, fromMs, endMs - fromMs, gain)
  }

  /** Replaces a decoder that gives nothing although it is fed. */
  check(nowMs: number, fed: boolean): void {
    const decoder = this.#decoder
    if (!decoder || !fed) return
    const patience = this.#hasOutput ? stalledMs : startMs
    if (nowMs - decoder.lastOutputAtMs > patience) decoder.kill()
  }

  /** Resolves when its decoder is gone. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    await this.#closing
    await this.#decoder?.kill()
    this.#pictures.clear()
  }

  async #start(): Promise<void> {
    this.#hasOutput = false
    const { log, nowMs } = this.#options
    try {
      this.#decoder = await Decoder.start({
        ...this.#options,
        size: this.#size,
        fit: this.#fit,
        onPicture: (picture: TimedPicture) => {
          this.#came()
          this.#pictures.push(picture)
        },
        onSound: (capturedAtMs, block) => {
          this.#came()
          this.#sound.write(capturedAtMs, block)
        },
        onLate: (lateMs) => {
          if (lateMs < catchUpMs) this.#delay.saw(lateMs, nowMs())
        },
        onResync: () => {
          this.#pictures.drop()
          this.#sound.clear()
        },
      })
    } catch (error) {
      this.#again(messageOf(error))
      return
    }
    if (this.#closed) return
    const decoder = this.#decoder
    this.#options.onStarted(decoder.pid)
    decoder.gone.then(
      (reason) => {
        if (this.#decoder === decoder) this.#decoder = undefined
        if (!this.#closed) this.#again(reason)
      },
      (error) => log.error({ err: error }, 'decoder'),
    )
  }

  #came(): void {
    this.#hasOutput = true
    this.#failures = 0
  }

  #again(reason: string): void {
    if (this.#closed) return
    this.#failures += 1
    this.#options.log.warn({ input: this.id, reason }, 'a decoder ended and is replaced')
    const delayMs = backoffMs(restartRule, this.#failures, Math.random())
    this.#restart = setTimeout(() => {
      this.#closing = this.#start()
    }, delayMs)
  }
}
