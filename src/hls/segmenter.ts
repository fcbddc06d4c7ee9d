import type { Fragment } from '../feed/fragment.ts'
import type { Segment } from './segment.ts'

export type SegmenterOptions = {
  /** Wanted length of a segment: the cadence at which keyframes are asked for. */
  segmentSeconds: number
  /** A segment ends before it would outgrow this; only a single fragment may. */
  maxSegmentBytes?: number
}

/**
 * Keyframes are asked for over the network, so they come some frames before or after the cadence. One that comes
 * this much early is taken: the next one is a whole cadence away.
 */
const earlySeconds = 0.5
/**
 * A keyframe is asked for 1 s after the start, so that the first playlist appears early. It is taken after a
 * discontinuity too, where players have run dry.
 */
const firstSegmentSeconds = 0.9
/** Longest step between a fragment's end and the next one's start: lost packets, or times of audio instead of video. */
const jumpSeconds = 0.5
const defaultMaxSegmentBytes = 32 * 1024 * 1024

/** EXT-X-TARGETDURATION: whole seconds, the same for the whole stream (RFC 8216 sections 4.3.3.1 and 6.2.1). */
export function targetDurationOf(segmentSeconds: number): number {
  return Math.max(1, Math.ceil(segmentSeconds))
}

/**
 * Groups fragments into segments. Pure: the same fragments give the same segments.
 *
 * A segment ends before a keyframe once it is about `segmentSeconds` long. When the publisher's keyframes are further
 * apart than the target duration allows, it ends at its last keyframe if it has one, else without. Where the media
 * does not go on (a new epoch, a jump in time), it ends at once and the next one begins with a keyframe: after a
 * discontinuity players can't decode anything else.
 */
export class Segmenter {
  readonly #segmentSeconds: number
  readonly #targetDuration: number
  /** Longest EXTINF that still rounds to the target duration, in ms precision. */
  readonly #longestSeconds: number
  readonly #maxSegmentBytes: number
  #open: Fragment[] = []
  #openBytes = 0
  #mediaSequence = 0
  #discontinuitySequence = 0
  /** The next segment is the first after a start or a discontinuity. */
  #fresh = true

  constructor(options: SegmenterOptions) {
    this.#segmentSeconds = options.segmentSeconds
    this.#targetDuration = targetDurationOf(options.segmentSeconds)
    this.#longestSeconds = this.#targetDuration + 0.499
    this.#maxSegmentBytes = options.maxSegmentBytes ?? defaultMaxSegmentBytes
  }

  get targetDuration(): number {
    return this.#targetDuration
  }

  /** Bytes of the segment that is not finished. */
  get openBytes(): number {
    return this.#openBytes
  }

  /** Takes the next fragment and returns the segment that it finishes, if it does. */
  push(fragment: Fragment): Segment | undefined {
    const first = this.#open[0]
    if (!first) {
      if (fragment.keyframe) this.#setOpen([fragment])
      return undefined
    }
    if (!this.#goesOn(first, fragment)) {
      const segment = this.#finished(this.#open, this.#ownSeconds())
      this.#setOpen(fragment.keyframe ? [fragment] : [])
      this.#fresh = true
      return segment
    }
    const cut = this.#cutBefore(first, fragment)
    if (cut === 0) {
      this.#open.push(fragment)
      this.#openBytes += fragment.bytes.length
      return undefined
    }
    const rest = [...this.#open.slice(cut), fragment]
    const next = rest[0] ?? fragment
    const segment = this.#finished(this.#open.slice(0, cut), next.startSeconds - first.startSeconds)
    this.#setOpen(rest)
    return segment
  }

  /** The media is over: returns the last segment, if there is one. */
  finish(): Segment | undefined {
    if (this.#open.length === 0) return undefined
    const segment = this.#finished(this.#open, this.#ownSeconds())
    this.#setOpen([])
    return segment
  }

  /** False when an EXT-X-DISCONTINUITY must come before `fragment`. */
  #goesOn(first: Fragment, fragment: Fragment): boolean {
    const step = fragment.startSeconds - endSeconds(this.#open.at(-1) ?? first)
    // A fragment that is itself longer than any segment (nobody sent for a while) can't be told truthfully:
    // its EXTINF is cut and the media goes on as if after a gap.
    const told = fragment.startSeconds - first.startSeconds
    const tellable = told > 0 && told <= this.#longestSeconds
    return fragment.epoch === first.epoch && Math.abs(step) <= jumpSeconds && tellable
  }

  /** How many of the open fragments make up a segment now that `fragment` is next; 0 when it belongs to them. */
  #cutBefore(first: Fragment, fragment: Fragment): number {
    const seconds = fragment.startSeconds - first.startSeconds
    if (fragment.keyframe && seconds >= this.#enoughSeconds(fragment)) return this.#open.length
    if (this.#fits(this.#open, fragment)) return 0
    const keyframe = fragment.keyframe ? 0 : this.#open.findLastIndex((open) => open.keyframe)
    return keyframe > 0 && this.#fits(this.#open.slice(keyframe), fragment) ? keyframe : this.#open.length
  }

  #enoughSeconds(fragment: Fragment): number {
    // Sound can be cut anywhere: as near to the wanted length as fragments allow.
    const early = fragment.epoch.video ? earlySeconds : fragment.durationSeconds / 2
    const enough = this.#segmentSeconds - Math.min(early, this.#segmentSeconds / 4)
    return this.#fresh ? Math.min(firstSegmentSeconds, enough) : enough
  }

  #fits(open: readonly Fragment[], fragment: Fragment): boolean {
    const seconds = endSeconds(fragment) - (open[0] ?? fragment).startSeconds
    return (
      seconds <= this.#longestSeconds && byteLength(open) + fragment.bytes.length <= this.#maxSegmentBytes
    )
  }

  #ownSeconds(): number {
    const [first, last] = [this.#open[0], this.#open.at(-1)]
    return first && last ? Math.min(endSeconds(last) - first.startSeconds, this.#longestSeconds) : 0
  }

  #setOpen(fragments: Fragment[]): void {
    this.#open = fragments
    this.#openBytes = byteLength(fragments)
  }

  #finished(fragments: readonly Fragment[], durationSeconds: number): Segment {
    const [first] = fragments
    if (!first) throw new RangeError('a segment needs a fragment')
    const discontinuity = this.#fresh && this.#mediaSequence > 0
    if (discontinuity) this.#discontinuitySequence += 1
    const mediaSequence = this.#mediaSequence
    this.#mediaSequence += 1
    this.#fresh = false
    return {
      epoch: first.epoch,
      mediaSequence,
      discontinuitySequence: this.#discontinuitySequence,
      discontinuity,
      independent: first.keyframe,
      durationSeconds,
      programDateTimeMs: first.capturedAtMs,
      videoFrames: fragments.reduce((sum, fragment) => sum + fragment.videoFrames, 0),
      bytes: Buffer.concat(fragments.map((fragment) => fragment.bytes)),
    }
  }
}

function endSeconds(fragment: Fragment): number {
  return fragment.startSeconds + fragment.durationSeconds
}

function byteLength(fragments: readonly Fragment[]): number {
  return fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0)
}
