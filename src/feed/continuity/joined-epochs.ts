import { shiftFragment } from '../../mp4/mp4-write.ts'
import type { Epoch, Fragment } from '../fragment.ts'

/** The other track may end this much later than the one whose times a fragment tells (`fmp4-args.ts`). */
const trackLeadSeconds = 0.5

type Unnumbered = Omit<Fragment, 'number'>

/**
 * Joins epochs that decode with the same initialisation segment into one, so that a push need not connect again only
 * because the publisher did. Time goes on as long as nothing came, and never backwards.
 */
export class JoinedEpochs {
  /** The epoch that comes in, and the one that goes out. */
  #source: Epoch | undefined
  #joined: Epoch | undefined
  #offsetSeconds = 0
  #last: Unnumbered | undefined

  /** @returns the fragment in the epoch that goes out. Fragments have to come in order. */
  join(fragment: Unnumbered): Unnumbered {
    if (fragment.epoch !== this.#source) this.#begin(fragment)
    const joined = this.#moved(fragment)
    this.#last = joined
    return joined
  }

  #begin(fragment: Unnumbered): void {
    const [last, joined] = [this.#last, this.#joined]
    this.#source = fragment.epoch
    if (!last || !joined?.init.equals(fragment.epoch.init)) {
      this.#joined = fragment.epoch
      this.#offsetSeconds = 0
      return
    }
    const pastSeconds = (fragment.capturedAtMs - last.capturedAtMs) / 1000
    const leastSeconds = last.durationSeconds + trackLeadSeconds
    this.#offsetSeconds = last.startSeconds + Math.max(pastSeconds, leastSeconds) - fragment.startSeconds
  }

  #moved(fragment: Unnumbered): Unnumbered {
    const epoch = this.#joined
    if (!epoch || epoch === fragment.epoch) return fragment
    const tracks = [epoch.video, epoch.audio].filter((track) => track !== null)
    const timescales = new Map(tracks.map(({ trackId, timescale }) => [trackId, timescale]))
    return {
      ...fragment,
      epoch,
      bytes: shiftFragment(fragment.bytes, this.#offsetSeconds, timescales),
      startSeconds: fragment.startSeconds + this.#offsetSeconds,
    }
  }
}
