/** What is known about a push. Times in ms on one clock. */
export type PushFacts = {
  startedAtMs: number
  /** When the count of bytes that arrived last grew; null until media left. */
  movedAtMs: number | null
  /** Seconds of media that the feed delivered since then. */
  offeredSeconds: number
}

export type LivenessLimits = {
  /** How long a connected server may take until the first media leaves. */
  answerMs: number
  /** After this long without movement, while there is media to send, it is said. */
  stallMs: number
  /** And after this long the connection is given up: the server may still go on by itself before. */
  deadMs: number
}

/** A wedged server is to be noticed within 15 s, of which its own buffers may take some before anything is to be seen. */
export const livenessLimits: LivenessLimits = { answerMs: 8_000, stallMs: 3_000, deadMs: 7_000 }

/** ffmpeg counts the FLV header as sent before any media is: bytes below this are no sign of life. */
export const headerBytes = 4096

export type Liveness = 'connecting' | 'live' | 'stalled' | 'dead'

/**
 * Judges a push by moving bytes: a wedged server keeps its connection, and ffmpeg keeps its pid.
 * A feed that pauses has nothing to send, so only time in which media was offered counts; and a burst of media alone
 * is no stall either, so the clock must agree.
 */
export function judgeLiveness(facts: PushFacts, nowMs: number, limits: LivenessLimits): Liveness {
  if (facts.movedAtMs === null) return nowMs - facts.startedAtMs > limits.answerMs ? 'dead' : 'connecting'
  const silentMs = Math.min(nowMs - facts.movedAtMs, facts.offeredSeconds * 1000)
  if (silentMs > limits.deadMs) return 'dead'
  return silentMs > limits.stallMs ? 'stalled' : 'live'
}
