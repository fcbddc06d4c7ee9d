import type { Sample } from '../../mp4/sample.ts'
import { bestRenditionId, type Epoch, newEpoch } from '../epoch.ts'
import type { Fragment } from '../fragment.ts'
import type { Filler } from './filler.ts'

/** Longer jumps in time than this are not filled: nothing in them was ever shown. */
const longestFillSeconds = 10

/** An epoch with the track that it lacks: each of its fragments gets the filler's samples for the same time. */
export class FilledEpoch {
  readonly epoch: Epoch
  readonly #filler: Filler
  /** Number of the next sample, counted from time 0 of the epoch. */
  #next = 0
  /** Where in the filler's samples it is. */
  #place = 0

  /** @param source lacks the filler's kind of track. */
  constructor(source: Epoch, filler: Filler) {
    this.#filler = filler
    this.epoch = newEpoch(
      filler.kind === 'video'
        ? { audio: source.audio, renditions: [{ id: bestRenditionId, video: filler.track }] }
        : { audio: filler.track, renditions: source.renditions },
    )
  }

  /** The same fragment with both tracks. Fragments have to come in order. */
  fill(fragment: Fragment): Fragment {
    const added = this.#samplesFor(fragment)
    if (this.#filler.kind === 'audio') return { ...fragment, epoch: this.epoch, audio: added }
    return { ...fragment, epoch: this.epoch, video: [added], keyframe: added[0]?.sync ?? false }
  }

  #samplesFor({ startSeconds, durationSeconds }: Fragment): Sample[] {
    const { kind, samples, duration, track } = this.#filler
    const perSecond = track.timescale / duration
    const from = Math.ceil(startSeconds * perSecond)
    const to = Math.ceil((startSeconds + durationSeconds) * perSecond)
    const longest = Math.ceil(longestFillSeconds * perSecond)
    if (this.#next < from - longest || this.#next === 0) this.#next = from
    // A jump of the publisher's clock may make one fragment last for hours.
    if (to - this.#next > longest) this.#next = to - longest
    const count = Math.max(0, to - this.#next)
    // A group of pictures begins anew with a fragment, because readers join at fragments.
    if (this.#place + count > samples.length) this.#place = 0
    const chosen = Array.from({ length: count }, (_, index): Sample => {
      const place = (this.#place + index) % samples.length
      return {
        data: samples[place] ?? Buffer.alloc(0),
        decodeTime: (this.#next + index) * duration,
        duration,
        compositionOffset: 0,
        sync: kind === 'audio' || place === 0,
      }
    })
    this.#next += count
    this.#place = (this.#place + count) % samples.length
    return chosen
  }
}
