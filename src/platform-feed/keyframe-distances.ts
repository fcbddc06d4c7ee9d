import type { Epoch } from '../feed/epoch.ts'
import type { Fragment } from '../feed/fragment.ts'
import { longestKeyframeSeconds } from './choose-transcode.ts'

/** How many of the newest distances are looked at. */
const remembered = 5

/** Measures how far apart the keyframes of what runs are, in seconds of media. */
export class KeyframeDistances {
  #epoch: Epoch | undefined
  #keyframeAt = 0
  #openSeconds = 0
  #closed: number[] = []

  add(fragment: Fragment): void {
    if (fragment.epoch !== this.#epoch) {
      this.#epoch = fragment.epoch
      this.#keyframeAt = fragment.startSeconds
      this.#closed = []
    } else if (fragment.keyframe) {
      this.#closed = [...this.#closed, fragment.startSeconds - this.#keyframeAt].slice(-remembered)
      this.#keyframeAt = fragment.startSeconds
    }
    this.#openSeconds = fragment.startSeconds + fragment.durationSeconds - this.#keyframeAt
  }

  /**
   * The middle one of the newest distances, so that a single late keyframe means nothing; null before the second
   * keyframe. One that is not over yet counts as soon as it is too long.
   */
  get typicalSeconds(): number | null {
    const open = this.#openSeconds > longestKeyframeSeconds ? [this.#openSeconds] : []
    const sorted = [...this.#closed, ...open].slice(-remembered).sort((a, b) => a - b)
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
  }
}
