import type { TargetKind } from '../../../../src/config/target-kinds.ts'
import type { TargetErrorClass, TargetSnapshot } from '../../../../src/push/target-snapshot.ts'
import type { TargetDetails } from '../../../../src/targets/target-details.ts'
import { formatBitrate, formatDuration, secondsUntil } from '../../common/format.ts'
import type { OutputHealth } from '../view/outputs-text.ts'
import type { TargetAction } from './targets-api.ts'

export const kindNames: Readonly<Record<TargetKind, string>> = {
  youtube: 'YouTube',
  facebook: 'Facebook',
  twitch: 'Twitch',
  rtmp: 'RTMP server',
}

/** What to do next; for what mends itself there is nothing. */
const advice: Readonly<Partial<Record<TargetErrorClass, string>>> = {
  'name-not-found': 'Check the address.',
  refused: 'Check the address and the port, and whether the server runs.',
  unreachable: 'Check the address, and the gateway’s network.',
  unanswered: 'Check the address, and whether a firewall is in between.',
  tls: 'Check the address, or use rtmp:// if the server has no certificate.',
  rejected:
    'Check on the platform that the event is ready, and copy the key again: remove the target and add it anew. Then press Retry.',
  busy: 'Stop the other encoder, or use another key.',
  'too-slow': 'Choose a lower bitrate under “Picture and sound”.',
}

/** A row of the list of targets. `problem` is null when all is well; `note` when the stream is sent as it comes. */
export type TargetRow = {
  name: string
  kind: string
  state: string
  health: OutputHealth
  note: string | null
  problem: string | null
  actions: readonly TargetAction[]
}

export function targetRow(target: TargetDetails, nowMs: number): TargetRow {
  return {
    name: target.name,
    kind: target.scope === '*' ? `${kindNames[target.kind]}, for all streams` : kindNames[target.kind],
    state: stateText(target, nowMs),
    health: healthOf[target.state],
    note: target.profile?.reasons.join(' ') || null,
    problem: problemText(target),
    actions: actionsOf(target),
  }
}

const healthOf: Readonly<Record<TargetSnapshot['state'], OutputHealth>> = {
  waiting: 'off',
  connecting: 'busy',
  live: 'good',
  stalled: 'bad',
  retrying: 'bad',
  refused: 'bad',
  stopped: 'off',
}

function stateText(target: TargetDetails, nowMs: number): string {
  switch (target.state) {
    case 'waiting':
      return 'Ready: starts when the stream is live'
    case 'connecting':
      return `Connecting to ${target.destination}…`
    case 'live':
      return liveText(target, nowMs)
    case 'stalled':
      return 'Stalled: the server takes no data'
    case 'retrying':
      return `${target.sentBytes > 0 ? 'Interrupted' : 'Not connected'}, ${nextTry(target, nowMs)}`
    case 'refused':
      return `Refused, ${nextTry(target, nowMs)}`
    case 'stopped':
      return 'Off'
  }
}

function liveText(target: TargetDetails, nowMs: number): string {
  const forMs = nowMs - Date.parse(target.liveSince ?? target.since)
  const parts = [`Live for ${formatDuration(forMs)}`, formatBitrate(target.bitrateBps)]
  if (target.droppedSeconds > 0) parts.push(`${target.droppedSeconds} s left out`)
  if (target.reconnects > 0) parts.push(`reconnected ${target.reconnects} ×`)
  return parts.join(' · ')
}

function nextTry({ nextTryAt }: TargetDetails, nowMs: number): string {
  const atMs = Date.parse(nextTryAt ?? '')
  return Number.isNaN(atMs) ? 'trying again' : `trying again in ${secondsUntil(atMs, nowMs)} s`
}

function problemText({ state, lastError, errorClass }: TargetDetails): string | null {
  if (lastError === null || state === 'stopped') return null
  // What it recovered from needs no advice any more.
  const next = errorClass && (state !== 'live' || errorClass === 'too-slow') ? advice[errorClass] : undefined
  const what = state === 'live' && errorClass !== 'too-slow' ? `Last problem: ${lastError}` : lastError
  return next === undefined ? what : `${what} ${next}`
}

function actionsOf({ state, enabled, source, scope }: TargetDetails): TargetAction[] {
  const waits = state === 'retrying' || state === 'refused'
  const own = source === 'api' && scope !== '*'
  return [
    ...(waits ? (['retry'] as const) : []),
    enabled ? 'stop' : 'start',
    ...(own ? (['remove'] as const) : []),
  ]
}
