import { readPlaylist } from '../../test/support/read-playlist.ts'

/** Follows a media playlist, and counts what is missing in it. */
export class SegmentCount {
  /** Seconds of media listed so far. */
  seconds = 0
  segments = 0
  /** Numbers that were left out, and discontinuities. */
  lost = 0
  #last: number | null = null

  /** Takes the next look at the playlist; a look every target duration misses nothing. */
  look(text: string): void {
    for (const { mediaSequence, seconds, discontinuity } of readPlaylist(text).entries) {
      if (this.#last !== null && mediaSequence <= this.#last) continue
      if (this.#last !== null) this.lost += mediaSequence - this.#last - 1 + (discontinuity ? 1 : 0)
      this.#last = mediaSequence
      this.segments += 1
      this.seconds += seconds
    }
  }
}
