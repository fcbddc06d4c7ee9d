/** What the browser counted of a real-time picture so far. */
export type RealtimeSample = {
  atMs: number
  packetsReceived: number
  packetsLost: number
  /** Seconds that the picture stood still. */
  freezeSeconds: number
}

const windowMs = 10_000
const worstLossShare = 0.1
/** Of 10 s. */
const worstFreezeSeconds = 4
/** Fewer packets say nothing. */
const leastPackets = 200

/**
 * Whether HLS would serve better: it bridges by its reserve what real time can't.
 * @param samples about one a second, oldest first
 */
export function isTooBad(samples: readonly RealtimeSample[]): boolean {
  const last = samples.at(-1)
  const first = samples.find(({ atMs }) => last !== undefined && last.atMs - atMs <= windowMs)
  if (!first || !last || last.atMs - first.atMs < windowMs * 0.8) return false
  const lost = last.packetsLost - first.packetsLost
  const all = last.packetsReceived - first.packetsReceived + lost
  if (last.freezeSeconds - first.freezeSeconds >= worstFreezeSeconds) return true
  return all >= leastPackets && lost / all >= worstLossShare
}
