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
 * are not even; it is as large as `shortestShare` allows and reaches 10 % below and 5 % above, because what is
 * missing can be waited for.
 */
export function fragmentLengthOf(partSeconds: number): FragmentLength {
  const shortestSeconds = Math.round(partSeconds * 900) / 1000
  return { shortestSeconds, longestSeconds: Math.floor((shortestSeconds / shortestShare) * 1000) / 1000 }
}
