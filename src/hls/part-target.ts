/** No part may be shorter than this share of PART-TARGET, with exceptions (rfc8216bis section 4.4.4.9). */
export const shortestShare = 0.85

/**
 * PART-TARGET in seconds, the same for the whole stream. ffmpeg ends a fragment with the first frame that makes it
 * `fragmentSeconds` long, so that is the shortest whole fragment, and the rest up to PART-TARGET is room for the
 * distance between two frames: 34 ms with fragments of 0.195 s, enough for 30 frames a second at any phase.
 */
export function partTargetOf(fragmentSeconds: number): number {
  return Math.floor((fragmentSeconds / shortestShare) * 1000) / 1000
}
