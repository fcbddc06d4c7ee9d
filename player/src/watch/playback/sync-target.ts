/** Where to be behind real life, in target durations: 3.5 s with segments of 2 s. */
const aim = 1.75
const least = 1.3
const most = 1.7

/**
 * How many seconds behind the end of the playlist to play.
 *
 * A segment is listed when it is complete, so the reserve shrinks by a whole segment before the next look at the
 * playlist brings another one. How old the playlist's end is at each look depends on chance and stays so: one
 * viewer always looks just after a new segment came, another just before. A late look lags behind already, but
 * always finds the next segment and needs little reserve; an early look may come too early once and needs more. So
 * the sum stays the same: near the aim for every viewer, below 4 s for most, and no stalls.
 *
 * @param targetDuration seconds
 * @param edgeAge seconds between the end of the playlist's media and now, at the moment of the look; null = unknown
 */
export function syncTarget(targetDuration: number, edgeAge: number | null): number {
  const wanted = aim * targetDuration - (edgeAge ?? 0)
  return Math.min(most * targetDuration, Math.max(least * targetDuration, wanted))
}

const lateShare = 0.5
const listedAfter = 0.5
const longestSegment = 4

/**
 * Seconds until the playlist should be looked at again, when that should happen out of turn; else null. A viewer
 * whose first look comes long after the newest segment would look late every time, and lag behind by that much. One
 * look just after the next segment puts the following ones in step with the segments.
 *
 * @param segment seconds that the newest segment lasts
 * @param edgeAge as in `syncTarget`
 */
export function nextLook(segment: number, edgeAge: number | null): number | null {
  if (edgeAge === null || segment > longestSegment) return null
  const wait = segment + listedAfter - edgeAge
  // Older than that: no segment came for a while, and when the next one will is unknown.
  return edgeAge > lateShare * segment && wait > 0 ? wait : null
}
