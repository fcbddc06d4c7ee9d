import type { StreamState } from '../../../../src/streams/stream-snapshot.ts'
import type { AutoplayNotice } from '../autoplay/autoplay.ts'

export type WatchState = 'waiting' | 'loading' | 'playing' | 'reconnecting' | 'ended'

export type WatchFacts = {
  name: string
  /** The stream's state at the gateway; null when the gateway does not know the stream. */
  stream: StreamState | null
  /** The last question to the gateway went unanswered. */
  unreachable: boolean
  /** Something was playing on this page before. */
  playedBefore: boolean
  /** The picture stands still although it should move. */
  stalled: boolean
}

/** The message over the picture; empty when the picture speaks for itself. */
export function watchText(state: WatchState, facts: WatchFacts): string {
  switch (state) {
    case 'waiting':
      if (facts.unreachable) return 'The gateway cannot be reached. This page tries again by itself.'
      if (facts.stream === 'starting') return `${facts.name} is about to start…`
      return facts.playedBefore
        ? `${facts.name} is not live any more. This page starts by itself when the stream comes back.`
        : `${facts.name} is not live yet. This page starts by itself.`
    case 'loading':
      return 'Loading…'
    case 'reconnecting':
      return facts.unreachable
        ? 'Reconnecting… The gateway cannot be reached.'
        : facts.stream === 'interrupted'
          ? `Reconnecting… ${facts.name} was interrupted.`
          : 'Reconnecting…'
    case 'ended':
      return 'The stream has ended.'
    case 'playing':
      return facts.stalled ? 'Buffering…' : ''
  }
}

/** What the browser's rules for autoplay ask of the person; empty when they ask nothing. */
export function autoplayText(notice: AutoplayNotice): string {
  switch (notice) {
    case 'pressPlay':
      return 'This browser starts video only when you press “Play”.'
    case 'pausedByBrowser':
      return 'The browser or another app paused the video.'
    case 'mutedByBrowser':
      return 'This browser starts video without sound. Press “Sound on” to hear it.'
    case null:
      return ''
  }
}
