import { damaged } from '../mp4/box-content.ts'
import { type Box, BoxReader } from '../mp4/box-reader.ts'
import { readProducerReferenceTime } from '../mp4/producer-reference-time.ts'
import { type Init, readInit } from '../mp4/read-init.ts'
import { readMovieFragment } from '../mp4/read-movie-fragment.ts'
import type { Sample } from '../mp4/sample.ts'
import { steadyNowMs } from '../steady-clock.ts'
import { CaptureClock } from './capture-clock.ts'
import { type Epoch, singleRendition } from './epoch.ts'
import { type FormatChange, FormatWatch } from './format-watch.ts'
import type { UnnumberedFragment } from './fragment.ts'
import { FragmentJoiner } from './fragment-joiner.ts'
import type { FragmentLength } from './fragment-length.ts'
import { type Media, splitFrames } from './split-frames.ts'
import { Timeline } from './timeline.ts'

/** Largest plausible box: 0.2 s of media are far smaller. */
const maxBoxBytes = 32 * 1024 * 1024

export type FragmentReaderOptions = {
  /** Set for copied H.264, whose format may change on the way: which changes end what one initialisation segment describes. */
  endsWith?: readonly FormatChange[]
  fragmentLength: FragmentLength
  onFragment: (fragment: UnnumberedFragment) => void
  /** Such a keyframe came, which the initialisation segment does not describe. Called once; no fragment follows. */
  onFormatChange?: (change: FormatChange) => void
}

/** Makes fragments of one ffmpeg's output, fragmented MP4 with at most one video and one audio track. */
export class FragmentReader {
  readonly #options: FragmentReaderOptions
  readonly #boxes = new BoxReader({ maxBoxBytes })
  readonly #clock = new CaptureClock()
  readonly #timeline: Timeline
  readonly #joiner: FragmentJoiner
  #ftyp: Buffer | undefined
  #run: { init: Init; epoch: Epoch } | undefined
  #moof: Buffer | undefined
  #referenceMs: number | undefined
  readonly #format = new FormatWatch()
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
      const init = readInit(Buffer.concat([this.#ftyp ?? Buffer.alloc(0), bytes]))
      const epoch = singleRendition(init.video?.track ?? null, init.audio?.track ?? null)
      this.#run = { init, epoch }
    } else if (type === 'prft') {
      this.#referenceMs = readProducerReferenceTime(bytes).ntpMs
    } else if (type === 'moof') this.#moof = bytes
    else if (type === 'mdat') this.#complete(bytes)
  }

  #complete(mdat: Buffer): void {
    const [moof, run] = [this.#moof, this.#run]
    this.#moof = undefined
    if (!moof || !run || this.#over) return
    const media = mediaOf(moof, mdat, run.init)
    const [frame] = media.video
    if (frame?.sync && this.#formatChanged(frame)) return
    const arrivedAtMs = steadyNowMs()
    const frames = splitFrames(media)
    const [first, last] = [frames[0], frames.at(-1)]
    if (!first || !last) throw damaged('moof has no sample of a known track')
    const { startSeconds } = first.times
    const durationSeconds = last.times.startSeconds + last.times.durationSeconds - startSeconds
    const times = { startSeconds, durationSeconds }
    const capturedAtMs = this.#clock.capturedAtMs(times, arrivedAtMs, this.#referenceMs)
    this.#referenceMs = undefined
    for (const { video, audio, times } of frames) {
      const piece = {
        ...this.#timeline.add(times),
        keyframe: run.init.video === null || (video[0]?.sync ?? false),
        audio,
        video: run.epoch.renditions.map(() => video),
        capturedAtMs: capturedAtMs + (times.startSeconds - startSeconds) * 1000,
      }
      const { epoch } = run
      for (const joined of this.#joiner.push(piece))
        this.#options.onFragment({ ...joined, epoch, arrivedAtMs })
    }
  }

  #formatChanged({ data }: Sample): boolean {
    const { endsWith = [], onFormatChange } = this.#options
    const change = endsWith.length > 0 ? this.#format.look(data) : null
    if (change === null || !endsWith.includes(change)) return false
    this.#over = true
    onFormatChange?.(change)
    return true
  }
}

function mediaOf(moof: Buffer, mdat: Buffer, { video, audio, defaults }: Init): Media {
  const tracks = readMovieFragment(moof, mdat, defaults)
  const samplesOf = (id: number | undefined): Sample[] =>
    tracks.flatMap(({ trackId, samples }) => (trackId === id ? samples : []))
  return {
    video: samplesOf(video?.id),
    audio: samplesOf(audio?.id),
    videoTimescale: video?.track.timescale ?? 1,
    audioTimescale: audio?.track.timescale ?? 1,
  }
}
