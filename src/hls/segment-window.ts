import type { Segment } from './segment.ts'

/** A segment, and from when on it may go; undefined while the playlists list it. */
type Kept = { segment: Segment; expiresAtMs: number | undefined }

/**
 * The segments that playlists list, and those that left them: they can be fetched for as long as a player may still
 * work with a playlist that lists them.
 */
export class SegmentWindow {
  readonly #listSeconds: number
  /** In order of their numbers, without gaps: first those that left the playlists, then those listed. */
  readonly #kept: Kept[] = []
  #bytes = 0
  #longestListSeconds = 0

  /** @param listSeconds media that stays listed. */
  constructor(listSeconds: number) {
    this.#listSeconds = listSeconds
  }

  /** Of all segments. */
  get bytes(): number {
    return this.#bytes
  }

  /** The newest segment. */
  get newest(): Segment | undefined {
    return this.#kept.at(-1)?.segment
  }

  /** Those that the playlists list, oldest first. */
  get listed(): Segment[] {
    return this.#listed().map(({ segment }) => segment)
  }

  /** By its media sequence number. */
  segment(mediaSequence: number): Segment | undefined {
    return this.#kept[mediaSequence - (this.#kept[0]?.segment.mediaSequence ?? 0)]?.segment
  }

  /** The newest segment for which `matches` is true. */
  findLast(matches: (segment: Segment) => boolean): Segment | undefined {
    // Nearly all viewers ask for one of the newest.
    return this.#kept.findLast(({ segment }) => matches(segment))?.segment
  }

  /** Adds the next segment, takes from the playlists what they do not need, and drops what expired. */
  add(segment: Segment, nowMs: number): void {
    this.#kept.push({ segment, expiresAtMs: undefined })
    this.#bytes += segment.bytes
    this.#unlist(nowMs)
    while ((this.#kept[0]?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#dropOldest()
  }

  /** Drops the oldest segments, listed or not, until at most so many bytes are left. The newest segment stays. */
  dropBeyond(maxBytes: number): void {
    while (this.#bytes > maxBytes && this.#kept.length > 1) this.#dropOldest()
  }

  #listed(): Kept[] {
    return this.#kept.filter((kept) => kept.expiresAtMs === undefined)
  }

  #unlist(nowMs: number): void {
    const listed = this.#listed()
    let seconds = listed.reduce((sum, { segment }) => sum + segment.durationSeconds, 0)
    for (const kept of listed) {
      if (seconds - kept.segment.durationSeconds < this.#listSeconds) break
      seconds -= kept.segment.durationSeconds
      // RFC 8216 section 6.2.2: its own duration and that of the longest playlist that listed it. The longest of all
      // is no shorter.
      const staysSeconds = kept.segment.durationSeconds + this.#longestListSeconds
      kept.expiresAtMs = nowMs + staysSeconds * 1000
    }
    this.#longestListSeconds = Math.max(this.#longestListSeconds, seconds)
  }

  #dropOldest(): void {
    this.#bytes -= this.#kept.shift()?.segment.bytes ?? 0
  }
}
