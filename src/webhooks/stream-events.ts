import type { TargetChange } from '../push/target-history.ts'
import type { StreamChange } from '../streams/stream-parts.ts'
import type { TargetChanged } from '../targets/target-histories.ts'
import type { WebhookEvent, WebhookEventType } from './webhook-event.ts'

/** The event that a stream's change of state is; null when it is none. */
export function streamEvent({ stream, from, to, reason, at, liveSince }: StreamChange): WebhookEvent | null {
  const type = streamEventType({ to, liveSince })
  if (type === null) return null
  const resumed = type === 'stream.live' ? { resumed: from === 'interrupted' } : {}
  return { type, stream, at, facts: { reason, liveSince, ...resumed } }
}

function streamEventType({ to, liveSince }: Pick<StreamChange, 'to' | 'liveSince'>): WebhookEventType | null {
  // What never was live neither breaks off nor ends.
  if (liveSince === null) return null
  const types = {
    live: 'stream.live',
    interrupted: 'stream.interrupted',
    idle: 'stream.ended',
    starting: null,
  } as const
  return types[to]
}

/** The event that a target's change of state is. A target that fails again and again is told once, until it is live. */
export function targetEvent({ stream, target, before, change }: TargetChanged): WebhookEvent | null {
  const type = standing(change)
  if (type !== 'target.live' && type !== 'target.failed') return null
  const last = before.findLast((each) => standing(each) !== null)
  if (last && standing(last) === type) return null
  const { at, reason, errorClass } = change
  return { type, stream, at, facts: { target, reason, errorClass } }
}

/** How a target stands after a change; null while it is on its way, `over` when a broadcast ends or begins. */
function standing({ state }: TargetChange): 'target.live' | 'target.failed' | 'over' | null {
  switch (state) {
    case 'live':
      return 'target.live'
    case 'retrying':
    case 'refused':
      return 'target.failed'
    case 'waiting':
    case 'stopped':
      return 'over'
    case 'connecting':
    case 'stalled':
      return null
  }
}
