import type { Picture } from './canvas.ts'

export type TimedPicture = Picture & {
  /** When it was captured, ms on the mixer's clock. */
  capturedAtMs: number
}

/** Pictures of a person that wait for their time. A decoder that catches up delivers many at once: the bound. */
const maxPictures = 8

/** The decoded pictures of one camera or screen. */
export class PictureQueue {
  readonly #waiting: TimedPicture[] = []
  readonly #release: (picture: TimedPicture) => void
  #shown: TimedPicture | undefined

  /** @param release gets pictures that are not needed any more, so that their memory is used again. */
  constructor(release: (picture: TimedPicture) => void) {
    this.#release = release
  }

  /** The picture that `at` gave last. */
  get shown(): TimedPicture | undefined {
    return this.#shown
  }

  push(picture: TimedPicture): void {
    this.#waiting.push(picture)
    if (this.#waiting.length > maxPictures) {
      const oldest = this.#waiting.shift()
      if (oldest) this.#release(oldest)
    }
  }

  /** The newest picture that was captured up to this moment; the one before when none is new. */
  at(ms: number): TimedPicture | undefined {
    const newest = this.#waiting.findLastIndex(({ capturedAtMs }) => capturedAtMs <= ms)
    if (newest < 0) return this.#shown
    const passed = this.#waiting.splice(0, newest + 1)
    if (this.#shown) this.#release(this.#shown)
    this.#shown = passed.pop()
    for (const picture of passed) this.#release(picture)
    return this.#shown
  }

  /** Forgets what waits: its times are wrong. The picture that is shown stays. */
  drop(): void {
    for (const picture of this.#waiting.splice(0)) this.#release(picture)
  }

  clear(): void {
    this.drop()
    if (this.#shown) this.#release(this.#shown)
    this.#shown = undefined
  }
}
