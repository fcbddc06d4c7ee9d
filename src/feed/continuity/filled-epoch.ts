import { randomBytes } from 'node:crypto'
import { joinMovieFragments, type MovieFragment, type TrackSamples } from '../../mp4/join-movie-fragments.ts'
import { type Init, readInit } from '../../mp4/mp4.ts'
import { addTrack } from '../../mp4/mp4-write.ts'
import type { Epoch, Fragment } from '../fragment.ts'
import type { Filler } from './filler.ts'

/** sample_depends_on = 2, "on no other" (ISO/IEC 14496-12 section 8.8.3.1). */
const syncSampleFlags = 0x0200_0000
/** sample_depends_on = 1, "on others", and sample_is_non_sync_sample. */
const nonSyncSampleFlags = 0x0101_0000
/** Longer jumps in time than this are not filled: nothing in them was ever shown. */
const longestFillSeconds = 10

/** An epoch with the track that it lacks: each of its fragments gets the filler's samples for the same time. */
export class FilledEpoch {
  readonly epoch: Epoch
  readonly #filler: Filler
  readonly #trackId: number
  readonly #defaults: Init['defaults']
  /** Number of the next sample, counted from time 0 of the epoch. */
  #next = 0
  /** Where in the filler's samples it is. */
  #place = 0

  /**
   * @param source lacks the filler's kind of track.
   * @throws GatewayError FFMPEG_FAILED when its initialisation segment can't be read.
   */
  constructor(source: Epoch, filler: Filler) {
    this.#filler = filler
    this.#trackId = Math.max(source.video?.trackId ?? 0, source.audio?.trackId ?? 0) + 1
    const init = addTrack(source.init, filler.init, this.#trackId)
    const { video, audio, defaults } = readInit(init)
    this.#defaults = defaults
    this.epoch = { id: randomBytes(9).toString('base64url'), init, video, audio }
  }

  /** The same fragment with both tracks. Fragments have to come in order. */
  fill(fragment: Fragment): Fragment {
    const { samples, duration, track } = this.#filler
    const perSecond = track.timescale / duration
    const from = Math.ceil(fragment.startSeconds * perSecond)
    const to = Math.ceil((fragment.startSeconds + fragment.durationSeconds) * perSecond)
    if (this.#next < from - longestFillSeconds * perSecond || this.#next === 0) this.#next = from
    const count = Math.max(0, to - this.#next)
    // A group of pictures begins anew with a fragment, because readers join at fragments.
    if (this.#place + count > samples.length) this.#place = 0
    const start = this.#next * duration
    const chosen = Array.from(
      { length: count },
      (_, index) => samples[(this.#place + index) % samples.length] ?? Buffer.alloc(0),
    )
    const isPicture = 'width' in track
    const begins = this.#place === 0
    this.#next += count
    this.#place = (this.#place + count) % samples.length
    if (count === 0) return { ...fragment, epoch: this.epoch, keyframe: fragment.keyframe && !isPicture }
    const added: TrackSamples = {
      trackId: this.#trackId,
      start,
      samples: chosen.map(({ length: bytes }, index) => {
        const flags = !isPicture || (begins && index === 0) ? syncSampleFlags : nonSyncSampleFlags
        return { duration, bytes, flags, compositionOffset: 0 }
      }),
      data: chosen,
    }
    return {
      ...fragment,
      epoch: this.epoch,
      bytes: joinMovieFragments([partsOf(fragment.bytes)], this.#defaults, added),
      keyframe: isPicture ? begins : fragment.keyframe,
      videoFrames: fragment.videoFrames + (isPicture ? count : 0),
    }
  }
}

/** Takes moof + mdat apart. */
function partsOf(bytes: Buffer): MovieFragment {
  const moofBytes = bytes.readUInt32BE(0)
  return { moof: bytes.subarray(0, moofBytes), mdat: bytes.subarray(moofBytes) }
}
