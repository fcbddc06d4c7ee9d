import type { GatewayError } from '../errors.ts'
import type { TrackKind } from '../sfu/publication.ts'
import type { Broadcast } from './broadcast.ts'
import type { PublishClaim } from './may-take-over.ts'
import type { OpenPublication, RunningPackager, StreamPublication } from './stream-parts.ts'

export type PublishRequest = PublishClaim & {
  kinds: readonly TrackKind[]
  /** Called once when the publication ends by itself; `retry`: coming back makes sense. */
  onEnd: (error: GatewayError, retry: boolean) => void
}

/** A publisher that is connected, with all that only its publication needs. */
export type Connected<P extends StreamPublication> = {
  open: OpenPublication<P>
  packager: RunningPackager
  onEnd: PublishRequest['onEnd']
}

/**
 * idle: nothing is kept · starting: a publisher, and no media so far in this broadcast · live: media comes out ·
 * stalled: a publisher, and its media does not come out just now · waiting: the publisher is gone and may come back ·
 * ended: the broadcast is over and can still be fetched · closed: for good.
 */
export type StreamStatus<P extends StreamPublication> =
  | { kind: 'idle' }
  | { kind: 'starting' | 'live' | 'stalled'; broadcast: Broadcast; connected: Connected<P> }
  | { kind: 'waiting'; broadcast: Broadcast; untilMs: number; timer: NodeJS.Timeout }
  | { kind: 'ended'; broadcast: Broadcast; timer: NodeJS.Timeout }
  | { kind: 'closed'; broadcast: Broadcast | null }

/** The broadcast of which anything is kept; null when there is none. */
export function keptBroadcast<P extends StreamPublication>(status: StreamStatus<P>): Broadcast | null {
  return status.kind === 'idle' ? null : status.broadcast
}

/** The broadcast that goes on; null when there is none, or only one that is over. */
export function presentBroadcast<P extends StreamPublication>(status: StreamStatus<P>): Broadcast | null {
  return status.kind === 'idle' || status.kind === 'ended' || status.kind === 'closed'
    ? null
    : status.broadcast
}

/** The publisher that is connected; null when there is none. */
export function connectedOf<P extends StreamPublication>(status: StreamStatus<P>): Connected<P> | null {
  return 'connected' in status ? status.connected : null
}
