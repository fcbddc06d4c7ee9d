import type { PersonQuality } from '../stage-snapshot.ts'

export type QualityFacts = {
  /** mediasoup's score of the worst track, 0 to 10. */
  score: number
  roundTripMs: number | null
  /** Packets that did not arrive, since the last look; 0 to 1. */
  lostShare: number
  bitrateBps: number
}

/** How well a person's media arrives, and why not better. */
export function judgeQuality({ score, roundTripMs, lostShare, bitrateBps }: QualityFacts): PersonQuality {
  const rest = { roundTripMs, bitrateBps: Math.round(bitrateBps / 10_000) * 10_000 }
  if (score === 0) return { level: 'lost', cause: 'Nothing arrives.', ...rest }
  if (lostShare > 0.05) {
    return { level: 'poor', cause: `${Math.round(lostShare * 100)} % of the packets are lost.`, ...rest }
  }
  if (roundTripMs !== null && roundTripMs > 400) {
    return { level: 'poor', cause: `Packets take ${roundTripMs} ms there and back.`, ...rest }
  }
  if (score < 5) return { level: 'poor', cause: 'The connection loses packets.', ...rest }
  if (score < 8 || lostShare > 0.01 || (roundTripMs !== null && roundTripMs > 200)) {
    return { level: 'good', cause: '', ...rest }
  }
  return { level: 'excellent', cause: '', ...rest }
}
