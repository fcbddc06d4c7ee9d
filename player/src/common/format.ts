/** `850 kbit/s`, `2.1 Mbit/s`. */
export function formatBitrate(bps: number): string {
  if (bps < 999_500) return `${Math.round(bps / 1000)} kbit/s`
  return `${(bps / 1e6).toFixed(1)} Mbit/s`
}

/** The name people use for a picture size, upright pictures included: `720p`. */
export function formatHeight(width: number, height: number): string {
  return `${Math.min(width, height)}p`
}

/** `12 s`, `3 min`, `1 h 05 min`: how long something lasts. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `0:07`, `12:34`, `1:02:03`: a running clock. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** Whole seconds until a moment, never below 0, for countdowns. */
export function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((atMs - nowMs) / 1000))
}
