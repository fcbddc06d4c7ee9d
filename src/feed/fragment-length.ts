/** No part of Low-Latency HLS may be shorter than this share of PART-TARGET, with exceptions (rfc8216bis section 4.4.4.9). */
export const shortestShare = 0.85

export type FragmentLength = {
  /** A fragment that has come to this is finished. */
  shortestSeconds: number
  /** No fragment is longer than this, except a single frame: PART-TARGET. */
  longestSeconds: number
}

/**
 * How long fragments are when about `partSeconds` are wanted. Between the two numbers lies room for timestamps that
 * are not even, as much as `shortestShare` allows. The upper one is 16/15 of what is wanted: for 0.2 s that is ten
 * AAC frames at 48 kHz, which ffmpeg writes in pairs while the picture stands still.
 */
export function fragmentLengthOf(partSeconds: number): FragmentLength {
  const longestSeconds = Math.ceil((partSeconds * 16_000) / 15) / 1000
  return { shortestSeconds: longestSeconds * shortestShare, longestSeconds }
}
