import type { Sample } from '../../mp4/sample.ts'
import { decodesAlike, type Epoch } from '../epoch.ts'
import type { UnnumberedFragment } from '../fragment.ts'

/** The other track may end this much later than the one whose times a fragment tells (`fmp4-args.ts`). */
const trackLeadSeconds = 0.5

/**
 * Joins epochs that decode alike into one, so that a push need not connect again only because the publisher did. Time
 * goes on as long as nothing came, and never backwards.
 */
export class JoinedEpochs {
  /** The epoch that comes in, and the one that goes out. */
  #source: Epoch | undefined
  #joined: Epoch | undefined
  #offsetSeconds = 0
  #last: UnnumberedFragment | undefined

  /** @returns the fragment in the epoch that goes out. Fragments have to come in order. */
  join(fragment: UnnumberedFragment): UnnumberedFragment {
    if (fragment.epoch !== this.#source) this.#begin(fragment)
    const joined = this.#moved(fragment)
    this.#last = joined
    return joined
  }

  #begin(fragment: UnnumberedFragment): void {
    const [last, joined] = [this.#last, this.#joined]
    this.#source = fragment.epoch
    if (!last || !joined || !decodesAlike(joined, fragment.epoch)) {
      this.#joined = fragment.epoch
      this.#offsetSeconds = 0
      return
    }
    const pastSeconds = (fragment.capturedAtMs - last.capturedAtMs) / 1000
    const leastSeconds = last.durationSeconds + trackLeadSeconds
    this.#offsetSeconds = last.startSeconds + Math.max(pastSeconds, leastSeconds) - fragment.startSeconds
  }

  #moved(fragment: UnnumberedFragment): UnnumberedFragment {
    const epoch = this.#joined
    if (!epoch || epoch === fragment.epoch) return fragment
    const moved = (samples: readonly Sample[], timescale = 0): Sample[] => {
      const offset = Math.round(this.#offsetSeconds * timescale)
      return samples.map((sample) => ({ ...sample, decodeTime: sample.decodeTime + offset }))
    }
    return {
      ...fragment,
      epoch,
      startSeconds: fragment.startSeconds + this.#offsetSeconds,
      audio: moved(fragment.audio, epoch.audio?.timescale),
      video: fragment.video.map((samples, index) => moved(samples, epoch.renditions[index]?.video.timescale)),
    }
  }
}
