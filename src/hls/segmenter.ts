import { type Fragment, mediaBytes, videoFrames } from '../feed/fragment.ts'
import { shortestShare } from '../feed/fragment-length.ts'
import { bytesOf, initFiles, partFiles, type RenditionFiles, segmentFiles } from './renditions.ts'
import type { OpenSegment, Part, Segment, SegmentHead } from './segment.ts'

export type SegmenterOptions = {
  /** Wanted length of a segment: the cadence at which keyframes are asked for. */
  segmentSeconds: number
  /** PART-TARGET when fragments are listed as parts; null when they are not. */
  partTargetSeconds?: number | null
  /** A segment ends before it would outgrow this; only a single fragment may. */
  maxSegmentBytes?: number
}

/**
 * Keyframes are asked for over the network, so they come some frames before or after the cadence. One that comes
 * this much early still counts: the next one is a whole cadence away.
 */
const earlySeconds = 0.5
/**
 * A keyframe is asked for soon after the start (1 s, with parts 0.4 s), so that the first playlist, which needs a
 * finished segment, appears early. The segmenter does so after a discontinuity too, where players have run dry.
 */
const firstSegmentSeconds = { plain: 0.9, lowLatency: 0.3 }
/** Longest step between a fragment's end and the next one's start: lost packets, or times of audio instead of video. */
const jumpSeconds = 0.5
const defaultMaxSegmentBytes = 32 * 1024 * 1024

/** EXT-X-TARGETDURATION: whole seconds, the same for the whole stream (RFC 8216 sections 4.3.3.1 and 6.2.1). */
export function targetDurationOf(segmentSeconds: number): number {
  return Math.max(1, Math.ceil(segmentSeconds))
}

/** The segment that is being filled. */
type Filling = { head: SegmentHead; fragments: Fragment[]; parts: Part[]; bytes: number }

/**
 * Groups fragments into segments. Pure: the same fragments give the same segments.
 *
 * What was listed can't be taken back, so all is decided when the next fragment comes. A segment ends before a
 * keyframe once it is about `segmentSeconds` long, or at once if it does not begin with one itself; without a keyframe
 * when it would outgrow the target duration. Where the media does not go on (a new epoch, a jump in time), it ends at
 * once and the next one begins with a keyframe: after a discontinuity players can't decode anything else.
 *
 * With parts the rules on their durations end segments too (rfc8216bis section 4.4.4.9): a part that is too short must
 * be its segment's last, and a fragment longer than PART-TARGET becomes a segment of its own, which lists no parts.
 */
export class Segmenter {
  readonly targetDuration: number
  readonly #segmentSeconds: number
  readonly #partTargetSeconds: number | null
  /** Longest EXTINF that still rounds to the target duration, in ms precision. */
  readonly #longestSeconds: number
  readonly #maxSegmentBytes: number
  #filling: Filling | undefined
  /** The fragment that the next one has to go on from; undefined while a keyframe is waited for. */
  #previous: Fragment | undefined
  #nextSequence = 0
  #discontinuitySequence = 0
  #init: { epochId: string; files: RenditionFiles } | undefined
  /** The next segment is the first after a start or a discontinuity. */
  #fresh = true

  constructor(options: SegmenterOptions) {
    this.#segmentSeconds = options.segmentSeconds
    this.#partTargetSeconds = options.partTargetSeconds ?? null
    this.targetDuration = targetDurationOf(options.segmentSeconds)
    this.#longestSeconds = this.targetDuration + 0.499
    this.#maxSegmentBytes = options.maxSegmentBytes ?? defaultMaxSegmentBytes
  }

  /** Bytes of the segment that is not finished. */
  get openBytes(): number {
    return this.#filling?.bytes ?? 0
  }

  /** The segment that is not finished, as it is now. */
  get open(): OpenSegment | undefined {
    return this.#filling && { ...this.#filling.head, parts: [...this.#filling.parts] }
  }

  /** Number that the next fragment will have if the media goes on; undefined while a keyframe is waited for. */
  get awaited(): { epochId: string; number: number } | undefined {
    const previous = this.#previous
    return previous && { epochId: previous.epoch.id, number: previous.number + 1 }
  }

  /** Takes the next fragment and returns the segments that it finishes: none, one or two. */
  push(fragment: Fragment): Segment[] {
    const finished: (Segment | undefined)[] = []
    if (this.#previous && !this.#goesOn(this.#previous, fragment)) {
      finished.push(this.finish())
      this.#break()
    }
    if (!this.#previous && !fragment.keyframe) return present(finished)
    const filling = this.#filling
    if (filling && this.#endsBefore(filling, fragment)) {
      finished.push(this.#close(filling, fragment.startSeconds - startOf(filling)))
    }
    this.#take(fragment)
    if (this.#isTooLong(fragment)) {
      finished.push(this.finish())
      // It can't be told truthfully: its EXTINF is cut, and the media goes on as if after a gap.
      if (fragment.durationSeconds > this.#longestSeconds) this.#break()
    }
    return present(finished)
  }

  /** Ends the segment that is being filled: the media is over, or does not go on. */
  finish(): Segment | undefined {
    const filling = this.#filling
    const last = filling?.fragments.at(-1)
    if (!filling || !last) return undefined
    return this.#close(filling, Math.min(endSeconds(last) - startOf(filling), this.#longestSeconds))
  }

  #break(): void {
    this.#previous = undefined
    this.#fresh = true
  }

  /** False when an EXT-X-DISCONTINUITY must come before `fragment`. */
  #goesOn(previous: Fragment, fragment: Fragment): boolean {
    const step = fragment.startSeconds - endSeconds(previous)
    const from = this.#filling ? startOf(this.#filling) : previous.startSeconds
    const told = fragment.startSeconds - from
    return (
      fragment.epoch === previous.epoch &&
      Math.abs(step) <= jumpSeconds &&
      told > 0 &&
      told <= this.#longestSeconds
    )
  }

  #endsBefore({ head, fragments, bytes }: Filling, fragment: Fragment): boolean {
    const [first, last] = [fragments[0] ?? fragment, fragments.at(-1) ?? fragment]
    if (this.#isTooLong(fragment) || (this.#isTooShort(last) && !last.keyframe)) return true
    const seconds = fragment.startSeconds - first.startSeconds
    if (fragment.keyframe && (!head.independent || seconds >= this.#enoughSeconds(head, fragment)))
      return true
    const fits = endSeconds(fragment) - first.startSeconds <= this.#longestSeconds
    return !fits || bytes + mediaBytes(fragment) > this.#maxSegmentBytes
  }

  #enoughSeconds(head: SegmentHead, fragment: Fragment): number {
    // Audio can be cut anywhere: as near to the wanted length as fragments allow.
    const early = fragment.epoch.renditions.length > 0 ? earlySeconds : fragment.durationSeconds / 2
    const enough = this.#segmentSeconds - Math.min(early, this.#segmentSeconds / 4)
    const first = head.mediaSequence === 0 || head.discontinuity
    if (!first) return enough
    const { plain, lowLatency } = firstSegmentSeconds
    return Math.min(this.#partTargetSeconds === null ? plain : lowLatency, enough)
  }

  #isTooLong({ durationSeconds }: Fragment): boolean {
    return this.#partTargetSeconds !== null && durationSeconds > this.#partTargetSeconds
  }

  #isTooShort({ durationSeconds }: Fragment): boolean {
    return this.#partTargetSeconds !== null && durationSeconds < this.#partTargetSeconds * shortestShare
  }

  #take(fragment: Fragment): void {
    const { number, durationSeconds, keyframe: independent } = fragment
    const files = partFiles(fragment)
    this.#previous = fragment
    this.#filling ??= { head: this.#begin(fragment), fragments: [], parts: [], bytes: 0 }
    this.#filling.fragments.push(fragment)
    this.#filling.parts.push({ number, durationSeconds, independent, files })
    this.#filling.bytes += bytesOf(files)
  }

  #begin({ epoch, keyframe, capturedAtMs }: Fragment): SegmentHead {
    const mediaSequence = this.#nextSequence
    const discontinuity = this.#fresh && mediaSequence > 0
    if (discontinuity) this.#discontinuitySequence += 1
    this.#nextSequence += 1
    this.#fresh = false
    if (this.#init?.epochId !== epoch.id) this.#init = { epochId: epoch.id, files: initFiles(epoch) }
    return {
      epoch,
      init: this.#init.files,
      mediaSequence,
      discontinuitySequence: this.#discontinuitySequence,
      discontinuity,
      independent: keyframe,
      programDateTimeMs: capturedAtMs,
    }
  }

  #close({ head, fragments, parts, bytes }: Filling, durationSeconds: number): Segment {
    this.#filling = undefined
    const partsFiles = parts.map(({ files }) => files)
    return {
      ...head,
      durationSeconds,
      videoFrames: fragments.reduce((sum, fragment) => sum + videoFrames(fragment), 0),
      files: segmentFiles(head.epoch, head.mediaSequence, partsFiles),
      bytes,
      parts,
      partsListed:
        this.#partTargetSeconds !== null && !fragments.some((fragment) => this.#isTooLong(fragment)),
    }
  }
}

function startOf({ fragments }: Filling): number {
  return fragments[0]?.startSeconds ?? 0
}

function endSeconds(fragment: Fragment): number {
  return fragment.startSeconds + fragment.durationSeconds
}

function present(segments: readonly (Segment | undefined)[]): Segment[] {
  return segments.filter((segment) => segment !== undefined)
}
