/**
 * Ms since 1970 on a clock that never steps: the system's at the start of this process, carried on by the monotonic
 * one. For times that are both shown and compared, such as when media was captured: when the system's clock is set
 * right in between, differences stay true, and dates in playlists keep to the old clock until the gateway restarts.
 * What is only compared uses `performance.now()`, what is only shown `Date`.
 */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now()
}
