export type StallFacts = {
  /** How long the picture has stood still although it should move. */
  stalledMs: number
  /** How far the newest media that is on offer lies ahead of the picture; null when unknown. */
  newerSeconds: number | null
  sinceJumpMs: number
  /** The gateway says that there is something to play. */
  playable: boolean
}

const jumpAfterMs = 3000
const betweenJumpsMs = 4000
const rebuildAfterMs = 12_000

/**
 * What to do about a picture that stands still: newer media that cannot be reached by playing on can often be
 * reached by a jump; a player that does not recover by that is built anew.
 */
export function stallStep(facts: StallFacts): 'wait' | 'jump' | 'rebuild' {
  if (facts.stalledMs < jumpAfterMs) return 'wait'
  if (facts.stalledMs >= rebuildAfterMs) return facts.playable ? 'rebuild' : 'wait'
  const newer = facts.newerSeconds !== null && facts.newerSeconds > 1
  return newer && facts.sinceJumpMs >= betweenJumpsMs ? 'jump' : 'wait'
}
