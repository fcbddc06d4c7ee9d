import type { Epoch } from '../feed/fragment.ts'

/** A finished Media Segment. It never changes. */
export type Segment = {
  epoch: Epoch
  /** Counts up by one from 0 over all epochs (RFC 8216 section 4.3.3.2). */
  mediaSequence: number
  /** Discontinuities up to and including its own (section 4.3.3.3). */
  discontinuitySequence: number
  /** True when timestamps or tracks do not go on from the segment before (section 4.3.2.3). */
  discontinuity: boolean
  /** True when it starts with a keyframe, so that it decodes without the segment before. */
  independent: boolean
  /** As EXTINF says it; rounded never above the target duration. */
  durationSeconds: number
  /** When its first sample was captured, ms since 1970. */
  programDateTimeMs: number
  videoFrames: number
  /** moof + mdat of all its fragments. */
  bytes: Buffer
}
