import { randomBytes } from 'node:crypto'
import { type Box, BoxReader } from '../mp4/box-reader.ts'
import { joinMovieFragments } from '../mp4/join-movie-fragments.ts'
import { type Init, readFragment, readInit, readProducerReferenceTime } from '../mp4/mp4.ts'
import { firstParameterSet } from '../mp4/parameter-sets.ts'
import { steadyNowMs } from '../steady-clock.ts'
import { CaptureClock } from './capture-clock.ts'
import type { Epoch, Fragment } from './fragment.ts'
import { FragmentJoiner } from './fragment-joiner.ts'
import type { FragmentLength } from './fragment-length.ts'
import { Timeline } from './timeline.ts'

/** Largest box that is taken for real: 0.2 s of media are far smaller. */
const maxBoxBytes = 32 * 1024 * 1024

export type FragmentReaderOptions = {
  /** True for copied H.264, whose picture size may change on the way. */
  copiedVideo: boolean
  fragmentLength: FragmentLength
  onFragment: (fragment: Omit<Fragment, 'number'>) => void
  /**
   * A keyframe of another size or profile came, which the initialisation segment does not describe. Called once;
   * no fragment follows.
   */
  onPictureChange: () => void
}

/** Makes fragments of one packager run's output. */
export class FragmentReader {
  readonly #options: FragmentReaderOptions
  readonly #boxes = new BoxReader({ maxBoxBytes })
  readonly #clock = new CaptureClock()
  readonly #timeline: Timeline
  readonly #joiner: FragmentJoiner
  #ftyp: Buffer | undefined
  #epoch: Epoch | undefined
  #init: Init | undefined
  #moof: Buffer | undefined
  #referenceMs: number | undefined
  #parameterSet: Buffer | undefined
  #over = false

  constructor(options: FragmentReaderOptions) {
    this.#options = options
    this.#timeline = new Timeline(options.fragmentLength.longestSeconds)
    this.#joiner = new FragmentJoiner(options.fragmentLength)
  }

  /**
   * Takes the next bytes of ffmpeg's output.
   * @throws GatewayError FFMPEG_FAILED when they are no fragmented MP4.
   */
  push(chunk: Buffer): void {
    for (const box of this.#boxes.push(chunk)) this.#take(box)
  }

  /** The first sample of this run was captured before this moment, ms since 1970. */
  beganBefore(ms: number): void {
    this.#clock.beganBefore(ms)
  }

  #take({ type, bytes }: Box): void {
    if (type === 'ftyp') this.#ftyp = bytes
    else if (type === 'moov') {
      const init = Buffer.concat([this.#ftyp ?? Buffer.alloc(0), bytes])
      this.#init = readInit(init)
      const { video, audio } = this.#init
      this.#epoch = { id: randomBytes(9).toString('base64url'), init, video, audio }
    } else if (type === 'prft') {
      this.#referenceMs = readProducerReferenceTime(bytes).ntpMs
    } else if (type === 'moof') this.#moof = bytes
    else if (type === 'mdat') this.#complete(bytes)
  }

  #complete(mdat: Buffer): void {
    const moof = this.#moof
    const epoch = this.#epoch
    this.#moof = undefined
    if (!moof || !epoch || !this.#init || this.#over) return
    const facts = readFragment(moof, this.#init)
    if (facts.keyframe && this.#pictureChanged(mdat)) {
      this.#over = true
      this.#options.onPictureChange()
      return
    }
    const arrivedAtMs = steadyNowMs()
    const capturedAtMs = this.#clock.capturedAtMs(facts, arrivedAtMs, this.#referenceMs)
    const { keyframe, videoFrames } = facts
    const piece = {
      ...this.#timeline.add(facts),
      keyframe,
      videoFrames,
      capturedAtMs,
      media: [{ moof, mdat }],
    }
    for (const { media, ...joined } of this.#joiner.push(piece)) {
      const bytes = joinMovieFragments(media, this.#init.defaults)
      this.#options.onFragment({ ...joined, epoch, bytes, arrivedAtMs })
    }
    this.#referenceMs = undefined
  }

  #pictureChanged(mdat: Buffer): boolean {
    if (!this.#options.copiedVideo) return false
    const parameterSet = firstParameterSet(mdat)
    if (!parameterSet) return false
    const changed = this.#parameterSet !== undefined && !this.#parameterSet.equals(parameterSet)
    // A copy: a view would keep the whole fragment in memory.
    this.#parameterSet = Buffer.from(parameterSet)
    return changed
  }
}
