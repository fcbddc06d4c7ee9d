import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'

const settleMs = 5000

/** Whether there is something to play in real time: media comes in, although none may have come out yet. */
export function shouldLoadRealtime(stream: StreamSnapshot | null): boolean {
  return stream !== null && stream.state !== 'idle' && stream.tracks.some(({ active }) => active)
}

/**
 * Whether there is something to play.
 * @param endedLiveSince `liveSince` of a broadcast that was played to its end: its playlist stays readable for a
 * while, and must not be played again and again
 * @param nowMs by the gateway's clock
 */
export function shouldLoad(
  stream: StreamSnapshot | null,
  endedLiveSince: string | null,
  nowMs: number,
): boolean {
  if (!stream?.hls?.playable || stream.state === 'idle') return false
  if (endedLiveSince !== null && stream.liveSince === endedLiveSince) return false
  // One segment is less than the reserve that live playback needs: who starts on it stalls a moment later.
  // Segments may also be long, though, and then the first one is enough.
  const sinceMs = Date.parse(stream.liveSince ?? '')
  // With parts the playlist comes only when there is enough to start on.
  return stream.hls.partTargetSeconds !== null || stream.hls.segments > 1 || !(nowMs - sinceMs < settleMs)
}
