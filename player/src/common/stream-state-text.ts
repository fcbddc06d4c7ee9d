import type { StreamSnapshot, StreamState } from '../../../src/streams/stream-snapshot.ts'
import { formatDuration } from './format.ts'

const names: Record<StreamState, string> = {
  idle: 'Off',
  starting: 'Starting',
  live: 'Live',
  interrupted: 'Interrupted',
}

/** The state as a badge says it. */
export function streamStateName(state: StreamState): string {
  return names[state]
}

/** `for 12 min`: since when a stream is on, or in its state when no media came out yet. */
export function streamSinceText(stream: StreamSnapshot, nowMs: number): string {
  const sinceMs = Date.parse(stream.liveSince ?? stream.since)
  return Number.isNaN(sinceMs) ? '' : `for ${formatDuration(nowMs - sinceMs)}`
}
