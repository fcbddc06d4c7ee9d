/** What is known of `server clock - own clock`, in ms: it lies between the two. */
export type ClockBounds = { minMs: number; maxMs: number }

/**
 * Narrows the bounds by one HTTP answer. Its Date header is the server's time cut to whole seconds, taken at
 * some moment between sending and receiving: one answer leaves about a second of doubt, many answers at
 * different fractions of a second leave a few ms. Bounds that contradict the answer mean that a clock was set.
 */
export function narrowClockBounds(
  known: ClockBounds | null,
  answer: { dateMs: number; sentMs: number; receivedMs: number },
): ClockBounds {
  const fresh = { minMs: answer.dateMs - answer.receivedMs, maxMs: answer.dateMs + 999 - answer.sentMs }
  if (known === null) return fresh
  const minMs = Math.max(known.minMs, fresh.minMs)
  const maxMs = Math.min(known.maxMs, fresh.maxMs)
  return minMs <= maxMs ? { minMs, maxMs } : fresh
}

/** The smallest correction that the bounds allow: clocks that are set by NTP are seldom off at all. */
export function clockOffsetMs(bounds: ClockBounds | null): number {
  if (bounds === null) return 0
  return Math.min(Math.max(0, bounds.minMs), bounds.maxMs)
}
