/** Where to be behind real life, in target durations: 3.5 s with segments of 2 s. */
const aim = 1.75
const least = 1.3
const most = 1.7

/**
 * How many seconds behind the end of the playlist to play.
 *
 * A segment is listed when it is complete, so the reserve shrinks by a whole segment before the next look at the
 * playlist brings another one. How old the playlist's end is at each look depends on chance and stays so: one
 * viewer always looks just after a new segment came, another just before. Whoever looks late already lags behind,
 * but can rely on finding the next segment and needs little reserve; whoever looks early may look too early once,
 * and needs more. So the sum is kept the same: near the aim for everybody, below 4 s for most, and no stalls.
 *
 * @param targetDuration seconds
 * @param edgeAge seconds between the end of the playlist's media and now, at the moment of the look; null = unknown
 */
export function syncTarget(targetDuration: number, edgeAge: number | null): number {
  const wanted = aim * targetDuration - (edgeAge ?? 0)
  return Math.min(most * targetDuration, Math.max(least * targetDuration, wanted))
}
