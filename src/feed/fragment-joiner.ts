import type { UnnumberedFragment } from './fragment.ts'
import { videoFrames } from './fragment.ts'
import type { FragmentLength } from './fragment-length.ts'

/** The least that the packager writes at once: about one frame, or only audio. */
export type Piece = Omit<UnnumberedFragment, 'epoch' | 'arrivedAtMs'>

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
    // What takes no time is no fragment: audio that is a little ahead of its video.
    if (open.durationSeconds === 0) return false
    if (videoFrames(piece) > 0 && piece.keyframe) return true
    return joinedSeconds(open, piece) > this.#length.longestSeconds
  }
}

function join(first: Piece, second: Piece): Piece {
  return {
    ...first,
    keyframe: first.durationSeconds === 0 ? second.keyframe : first.keyframe,
    durationSeconds: joinedSeconds(first, second),
    audio: [...first.audio, ...second.audio],
    video: first.video.map((samples, rendition) => [...samples, ...(second.video[rendition] ?? [])]),
  }
}

function joinedSeconds(first: Piece, second: Piece): number {
  return second.startSeconds + second.durationSeconds - first.startSeconds
}
