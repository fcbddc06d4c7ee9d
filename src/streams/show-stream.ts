import { idleOutputs } from './open-outputs.ts'
import type { OutputKinds } from './output.ts'
import type { StreamPublication } from './stream-parts.ts'
import type { StreamSnapshot, StreamState } from './stream-snapshot.ts'
import { connectedOf, keptBroadcast, type StreamStatus } from './stream-status.ts'

/** The states as they are shown outside. */
export const shownState: Readonly<Record<StreamStatus<StreamPublication>['kind'], StreamState>> = {
  idle: 'idle',
  starting: 'starting',
  live: 'live',
  stalled: 'interrupted',
  waiting: 'interrupted',
  ended: 'idle',
  closed: 'idle',
}

/** What the outside sees of a stream. */
export function showStream(
  told: Pick<StreamSnapshot, 'name' | 'reason' | 'since'>,
  status: StreamStatus<StreamPublication>,
  kinds: OutputKinds,
): StreamSnapshot {
  const broadcast = keptBroadcast(status)
  const connected = connectedOf(status)
  return {
    name: told.name,
    state: shownState[status.kind],
    reason: told.reason,
    since: told.since,
    liveSince: broadcast?.liveSince ?? null,
    tracks: connected?.open.publication.snapshot() ?? [],
    packager: connected?.packager.snapshot() ?? null,
    feed: broadcast?.feed.snapshot() ?? null,
    ...(broadcast?.outputs.snapshot() ?? idleOutputs(kinds)),
  }
}
