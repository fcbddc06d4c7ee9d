import type { WatchState } from './watch-text.ts'

/**
 * Seconds between the moment that the picture shows and now.
 * @param nowMs by the gateway's clock, which also dated the media
 */
export function latencySeconds(playingDateMs: number | null, nowMs: number): number | null {
  if (playingDateMs === null || Number.isNaN(playingDateMs)) return null
  return Math.max(0, (nowMs - playingDateMs) / 1000)
}

/** The badge: `Live · 3.2 s`, `Live · 0.14 s`; "Live" only while pictures move. */
export function liveBadgeText(
  state: WatchState,
  picture: 'moving' | 'paused' | 'still',
  latency: number | null,
): string {
  if (state === 'reconnecting') return 'Interrupted'
  if (state !== 'playing') return 'Offline'
  if (picture === 'paused') return 'Paused'
  if (picture === 'still') return 'Buffering'
  if (latency === null) return 'Live'
  if (latency < 1) return `Live · ${latency.toFixed(2)} s`
  return latency < 60 ? `Live · ${latency.toFixed(1)} s` : 'Live · over 1 min'
}

const behindSeconds = 3

/** Whether it is worth offering the way back to live. */
export function isBehind(gapSeconds: number | null): boolean {
  return gapSeconds !== null && gapSeconds > behindSeconds
}
