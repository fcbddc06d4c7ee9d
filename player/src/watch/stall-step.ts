export type StallFacts = {
  /** How long the picture has stood still although it should move. */
  stalledMs: number
  /** How far the newest media that is on offer lies ahead of the picture; null when unknown. */
  newerSeconds: number | null
  sinceJumpMs: number
  /** For how long the stream has been live without a break, as the gateway says; null = it is not live. */
  liveMs: number | null
}

const jumpAfterMs = 3000
const betweenJumpsMs = 4000
const rebuildAfterMs = 8000

/**
 * What to do about a picture that stands still: newer media that cannot be reached by playing on can often be
 * reached by a jump; a player that does not recover by that is built anew.
 */
export function stallStep(facts: StallFacts): 'wait' | 'jump' | 'rebuild' {
  if (facts.stalledMs < jumpAfterMs) return 'wait'
  // While the stream itself is interrupted, a new player would show less: not even the last picture.
  if (Math.min(facts.stalledMs, facts.liveMs ?? 0) >= rebuildAfterMs) return 'rebuild'
  const newer = facts.newerSeconds !== null && facts.newerSeconds > 1
  return newer && facts.sinceJumpMs >= betweenJumpsMs ? 'jump' : 'wait'
}
