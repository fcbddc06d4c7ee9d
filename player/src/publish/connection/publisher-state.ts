import { secondsUntil } from '../../common/format.ts'

/** What the publish page is doing; `retryAtMs` is null while an attempt runs. */
export type PublisherState =
  | { phase: 'idle' }
  | { phase: 'connecting' }
  | { phase: 'live'; sinceMs: number }
  | { phase: 'reconnecting'; reason: string; retryAtMs: number | null }
  | { phase: 'error'; message: string }

/** Whether pressing the big button would stop something. */
export function isRunning(state: PublisherState): boolean {
  return state.phase === 'connecting' || state.phase === 'live' || state.phase === 'reconnecting'
}

/**
 * The status line.
 * @param playable whether viewers can watch already
 */
export function publisherStatusText(state: PublisherState, playable: boolean, nowMs: number): string {
  switch (state.phase) {
    case 'idle':
      return 'Not live. Viewers do not see you yet.'
    case 'connecting':
      return 'Connecting…'
    case 'live':
      return playable ? 'Live' : 'Live. Viewers can watch in a moment…'
    case 'reconnecting': {
      if (state.retryAtMs === null) return `Reconnecting now: ${state.reason}`
      return `Reconnecting in ${secondsUntil(state.retryAtMs, nowMs)} s: ${state.reason}`
    }
    case 'error':
      return state.message
  }
}
