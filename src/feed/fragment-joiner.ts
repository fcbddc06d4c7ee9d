import type { FragmentLength } from './fragment-length.ts'
import type { FragmentInfo } from './mp4.ts'

/** The least that the packager writes at once: moof + mdat with about one frame. */
export type Piece = FragmentInfo & {
  bytes: readonly Buffer[]
  /** When its first sample was captured, ms since 1970. */
  capturedAtMs: number
}

/**
 * Joins pieces into fragments of even length. The packager could do it, but ends a fragment only after the frame that
 * makes it long enough: one late frame, and the fragment is longer than PART-TARGET, which no part may be.
 *
 * A fragment is finished as soon as it is long enough, or before the piece that would make it too long or that is a
 * keyframe. Pure: the same pieces give the same fragments.
 */
export class FragmentJoiner {
  readonly #length: FragmentLength
  #open: Piece | undefined

  constructor(length: FragmentLength) {
    this.#length = length
  }

  /** Takes the next piece and returns what it finishes: none, one or two. */
  push(piece: Piece): Piece[] {
    const finished: Piece[] = []
    const open = this.#open
    if (open && this.#endsBefore(open, piece)) {
      finished.push(open)
      this.#open = undefined
    }
    const joined = this.#open ? join(this.#open, piece) : piece
    const enough = joined.durationSeconds >= this.#length.shortestSeconds
    this.#open = enough ? undefined : joined
    return enough ? [...finished, joined] : finished
  }

  #endsBefore(open: Piece, piece: Piece): boolean {
    // Sound that is ahead of its picture belongs to it.
    if (open.videoFrames === 0 && piece.videoFrames > 0) return false
    if (piece.videoFrames > 0 && piece.keyframe) return true
    const { durationSeconds } = join(open, piece)
    return durationSeconds > this.#length.longestSeconds || durationSeconds < open.durationSeconds
  }
}

/** One piece that holds both; its times are the picture's, if there is one. */
function join(first: Piece, second: Piece): Piece {
  const bytes = [...first.bytes, ...second.bytes]
  if (first.videoFrames > 0 && second.videoFrames === 0) return { ...first, bytes }
  if (first.videoFrames === 0 && second.videoFrames > 0) return { ...second, bytes }
  return {
    ...first,
    bytes,
    durationSeconds: second.startSeconds + second.durationSeconds - first.startSeconds,
    videoFrames: first.videoFrames + second.videoFrames,
  }
}
