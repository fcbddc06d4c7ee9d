/** What is known about a push. Times in ms on one clock. */
export type PushFacts = {
  startedAtMs: number
  /** When the count of sent bytes last grew; null until media left. */
  movedAtMs: number | null
  /** Seconds of media that the feed delivered since then. */
  offeredSeconds: number
}

export type LivenessLimits = {
  /** How long a server may take until the first media leaves: name, TCP, TLS, RTMP. */
  connectMs: number
  /** How long nothing may leave while there is media to send. */
  stallMs: number
}

export const livenessLimits: LivenessLimits = { connectMs: 15_000, stallMs: 10_000 }

/** ffmpeg counts the FLV header as sent before any media is: bytes below this are no sign of life. */
export const headerBytes = 4096

export type Liveness = 'connecting' | 'live' | 'stalled'

/**
 * Judges a push by moving bytes: a wedged server keeps its connection, and ffmpeg keeps its pid.
 * A feed that pauses has nothing to send, so only time in which media was offered counts; and a burst of media alone
 * is no stall either, so the clock must agree.
 */
export function judgeLiveness(facts: PushFacts, nowMs: number, limits: LivenessLimits): Liveness {
  if (facts.movedAtMs === null) return nowMs - facts.startedAtMs > limits.connectMs ? 'stalled' : 'connecting'
  const silent = nowMs - facts.movedAtMs > limits.stallMs && facts.offeredSeconds * 1000 > limits.stallMs
  return silent ? 'stalled' : 'live'
}
