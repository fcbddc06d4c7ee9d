/** Times of a piece of media. */
export type PieceTimes = {
  /** Decoding time of its first video sample, or of its first audio sample when it has no video. */
  startSeconds: number
  durationSeconds: number
  videoFrames: number
  /** Media time at which its audio ends; null without audio. */
  audioEndSeconds: number | null
}

/** From when to when a piece of media counts, in seconds of its epoch. */
export type Span = { startSeconds: number; durationSeconds: number }

/** Audio may be this far ahead of video, because encoders and clocks differ, before the video counts as gone. */
const aheadSeconds = 0.1

/**
 * Tells how much time passes with each piece of media: that of the video. Only a frame that stays longer than a
 * fragment may last (a shared screen on which nothing moves) is measured by the audio that plays with it, so that there
 * are fragments meanwhile; and so is a time without any video.
 *
 * Pieces follow one another without overlap, whatever their tracks do. A hole in the video's time, with no audio to
 * fill it, stays one.
 */
export class Timeline {
  readonly #longFrameSeconds: number
  #endSeconds: number | undefined
  #frameEndSeconds = Number.NEGATIVE_INFINITY

  /** @param longFrameSeconds longer frames are measured by the audio. */
  constructor(longFrameSeconds: number) {
    this.#longFrameSeconds = longFrameSeconds
  }

  add(piece: PieceTimes): Span {
    const hole = piece.startSeconds - (this.#endSeconds ?? piece.startSeconds) > aheadSeconds
    const startSeconds = hole ? piece.startSeconds : (this.#endSeconds ?? piece.startSeconds)
    this.#endSeconds = Math.max(startSeconds, this.#endOf(piece))
    return { startSeconds, durationSeconds: this.#endSeconds - startSeconds }
  }

  #endOf({ startSeconds, durationSeconds, videoFrames, audioEndSeconds }: PieceTimes): number {
    const endSeconds = startSeconds + durationSeconds
    if (videoFrames > 0) {
      this.#frameEndSeconds = endSeconds
      const long = videoFrames === 1 && durationSeconds > this.#longFrameSeconds
      return long && audioEndSeconds !== null ? Math.min(audioEndSeconds, endSeconds) : endSeconds
    }
    const videoGone = endSeconds > this.#frameEndSeconds + aheadSeconds
    return videoGone ? endSeconds : Math.min(endSeconds, this.#frameEndSeconds)
  }
}
