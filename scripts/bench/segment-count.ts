import { parse } from 'hls-parser'

/** Follows a media playlist, and counts what is missing in it. */
export class SegmentCount {
  /** Seconds of media listed so far. */
  seconds = 0
  segments = 0
  /** Numbers that were left out, gaps and discontinuities. */
  lost = 0
  #last: number | null = null

  /** Takes the next look at the playlist; a look every target duration misses nothing. */
  look(text: string): void {
    const playlist = parse(text)
    if (playlist.isMasterPlaylist || !('segments' in playlist)) throw new Error('not a media playlist')
    for (const { mediaSequenceNumber: number, duration, discontinuity, gap } of playlist.segments) {
      if (this.#last !== null && number <= this.#last) continue
      if (this.#last !== null) this.lost += number - this.#last - 1 + (discontinuity || gap ? 1 : 0)
      this.#last = number
      this.segments += 1
      this.seconds += duration
    }
  }
}
