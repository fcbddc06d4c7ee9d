/** The facts of a track on which the choice depends. */
export type TrackFacts = {
  id: string
  kind: 'audio' | 'video'
  active: boolean
  /** When `active` last changed, ms on the monotonic clock (`performance.now()`). */
  sinceMs: number
}

export type ChoiceFacts<T extends TrackFacts> = {
  announcedKinds: readonly ('audio' | 'video')[]
  tracks: readonly T[]
  /** Ids of the tracks that the running packager takes; empty when none runs. */
  runningIds: readonly string[]
  nowMs: number
}

/** How long a start waits for tracks that were announced and do not send yet. */
const settleMs = 1_500
/** How long a track that fell silent is kept in a running packager before it goes on without it. */
const silentMs = 6_000

/**
 * Which tracks the packager should take now; empty: wait. ffmpeg gives nothing at all while a track of its SDP
 * never sends, so a track is used only when it is active; and each change costs viewers a discontinuity, so one
 * that falls silent for a moment is kept.
 */
export function chooseTracks<T extends TrackFacts>(facts: ChoiceFacts<T>): T[] {
  const { announcedKinds, tracks, runningIds, nowMs } = facts
  const active = tracks.filter((track) => track.active)
  if (runningIds.length > 0) {
    return tracks.filter(
      (track) =>
        track.active ||
        (runningIds.includes(track.id) && (active.length === 0 || nowMs - track.sinceMs < silentMs)),
    )
  }
  const first = Math.min(...active.map((track) => track.sinceMs))
  const complete = announcedKinds.every((kind) => active.some((track) => track.kind === kind))
  return complete || nowMs - first >= settleMs ? active : []
}
