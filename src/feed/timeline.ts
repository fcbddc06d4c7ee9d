import type { FragmentInfo } from '../mp4/mp4.ts'

/** From when to when a piece of media counts, in seconds of its epoch. */
export type Span = { startSeconds: number; durationSeconds: number }

/** Sound may be this far ahead of its picture, because encoders and clocks differ, before the picture counts as gone. */
const aheadSeconds = 0.1

/**
 * Tells how much time passes with each piece of media: that of the picture. Only a frame that stays longer than
 * a fragment may last (a shared screen on which nothing moves) is told by the sound that plays with it, so that there
 * are fragments meanwhile; and so is a time without any picture.
 *
 * Pieces follow one another without overlap, whatever their tracks do. A hole in the picture's time, with no sound to
 * fill it, stays one.
 */
export class Timeline {
  readonly #longFrameSeconds: number
  #endSeconds: number | undefined
  #frameEndSeconds = Number.NEGATIVE_INFINITY

  /** @param longFrameSeconds longer frames are told by the sound. */
  constructor(longFrameSeconds: number) {
    this.#longFrameSeconds = longFrameSeconds
  }

  add(piece: FragmentInfo): Span {
    const hole = piece.startSeconds - (this.#endSeconds ?? piece.startSeconds) > aheadSeconds
    const startSeconds = hole ? piece.startSeconds : (this.#endSeconds ?? piece.startSeconds)
    this.#endSeconds = Math.max(startSeconds, this.#endOf(piece))
    return { startSeconds, durationSeconds: this.#endSeconds - startSeconds }
  }

  #endOf({ startSeconds, durationSeconds, videoFrames, soundEndSeconds }: FragmentInfo): number {
    const endSeconds = startSeconds + durationSeconds
    if (videoFrames > 0) {
      this.#frameEndSeconds = endSeconds
      const long = videoFrames === 1 && durationSeconds > this.#longFrameSeconds
      return long && soundEndSeconds !== null ? Math.min(soundEndSeconds, endSeconds) : endSeconds
    }
    const pictureGone = endSeconds > this.#frameEndSeconds + aheadSeconds
    return pictureGone ? endSeconds : Math.min(endSeconds, this.#frameEndSeconds)
  }
}
