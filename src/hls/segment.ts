import type { Epoch } from '../feed/epoch.ts'
import type { RenditionFiles } from './renditions.ts'

/** A Partial Segment: one fragment of the feed. It never changes. */
export type Part = {
  /** The fragment's number, which names it: `p{number}.m4s`. Known before the segment that it falls into. */
  number: number
  durationSeconds: number
  /** True when it starts with a keyframe. */
  independent: boolean
  /** moof + mdat. */
  files: RenditionFiles
}

/** What is known of a Media Segment as soon as it begins. */
export type SegmentHead = {
  epoch: Epoch
  /** Initialisation segments of its epoch. */
  init: RenditionFiles
  /** Counts up by one from 0 over all epochs (RFC 8216 section 4.3.3.2). */
  mediaSequence: number
  /** Discontinuities up to and including its own (section 4.3.3.3). */
  discontinuitySequence: number
  /** True when timestamps or tracks do not go on from the segment before (section 4.3.2.3). */
  discontinuity: boolean
  /** True when it starts with a keyframe, so that it decodes without the segment before. */
  independent: boolean
  /** When its first sample was captured, ms since 1970. */
  programDateTimeMs: number
}

/** The segment that is being filled, as far as it has come. */
export type OpenSegment = SegmentHead & { parts: readonly Part[] }

/** A finished Media Segment. It never changes. */
export type Segment = SegmentHead & {
  /** As EXTINF says it; rounded never above the target duration. */
  durationSeconds: number
  /** Of the best rendition. */
  videoFrames: number
  /** Each is its parts' bytes, one behind the other. */
  files: RenditionFiles
  /** Of all renditions. */
  bytes: number
  /** Its fragments. */
  parts: readonly Part[]
  /** False when a playlist must not list them as parts. */
  partsListed: boolean
}
