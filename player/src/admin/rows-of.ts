import type { Credential } from '../../../src/auth/credentials.ts'
import type { Lockout } from '../../../src/auth/lockouts.ts'
import type { User } from '../../../src/auth/users.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import type { CountedWebhook } from '../../../src/webhooks/webhooks.ts'
import { formatDuration } from '../common/format.ts'
import { qualityText } from '../common/quality-text.ts'
import { streamSinceText, streamStateName } from '../common/stream-state-text.ts'
import type { Row } from './rows.ts'

/** What the API shows of a webhook. */
export type ShownWebhook = Omit<CountedWebhook, 'secrets'>

/** A row without what its buttons do. */
export type PlainRow = Omit<Row, 'actions'>

export function streamRow(stream: StreamSnapshot, nowMs: number): PlainRow {
  const live = stream.targets.filter(({ state }) => state === 'live').length
  const failing = stream.targets.filter(({ lastError }) => lastError !== null)
  const { name } = stream
  return {
    id: name,
    title: name,
    badge: { text: streamStateName(stream.state), state: stream.state },
    facts: joined(
      streamSinceText(stream, nowMs),
      stream.feed ? qualityText(stream.feed) : '',
      stream.targets.length > 0 ? `${live} of ${counted(stream.targets.length, 'target')} live` : '',
      stream.reason,
    ),
    problem: failing.map((target) => `${target.name}: ${target.lastError}`).join(' ') || null,
    links: [
      { label: 'Watch', href: `/watch/${name}` },
      { label: 'Publish', href: `/publish/${name}` },
      { label: 'Studio', href: `/studio/${name}` },
    ],
  }
}

export function userRow({ id, name, operator, disabled, hasPassword, roles }: User): PlainRow {
  const parts = Object.entries(roles).map(([stream, role]) => `${role} of ${stream}`)
  return {
    id,
    title: name,
    ...(disabled && { badge: { text: 'Disabled' } }),
    facts: joined(operator ? 'operator' : '', ...parts, hasPassword ? '' : 'has set no password yet'),
  }
}

export function credentialRow(credential: Credential, nowMs: number): PlainRow {
  const { id, kind, label, stream, scope, usedAt, expiresAt } = credential
  const of = kind === 'key' ? (stream ?? '') : `${scope}, ${stream ?? 'all streams'}`
  const expiresMs = expiresAt === null ? null : Date.parse(expiresAt)
  const expired = expiresMs !== null && expiresMs <= nowMs
  return {
    id,
    title: label === '' ? of : label,
    ...(expired && { badge: { text: 'Expired' } }),
    facts: joined(
      label === '' ? '' : of,
      usedAt === null ? 'never used' : `used ${formatDuration(nowMs - Date.parse(usedAt))} ago`,
      expiresMs === null || expired ? '' : `ends in ${formatDuration(expiresMs - nowMs)}`,
    ),
  }
}

export function webhookRow(webhook: ShownWebhook): PlainRow {
  const { id, url, label, events, stream, enabled, disabledReason, deliveries } = webhook
  return {
    id,
    title: label === '' ? url : label,
    ...(!enabled && { badge: { text: 'Disabled' } }),
    facts: joined(
      label === '' ? '' : url,
      events.length === 0 ? 'all events' : events.join(', '),
      stream ?? 'all streams',
      `${deliveries.delivered} delivered`,
      deliveries.waiting > 0 ? `${deliveries.waiting} waiting` : '',
      deliveries.failed > 0 ? `${deliveries.failed} failed` : '',
    ),
    problem: disabledReason,
  }
}

export function lockoutRow(
  { id, failures, until }: Omit<Lockout, 'of'> & { id: string },
  nowMs: number,
): PlainRow {
  const [kind = '', ...of] = id.split(':')
  return {
    id,
    title: of.join(':'),
    facts: joined(
      kind,
      counted(failures, 'failed attempt'),
      `may try again in ${formatDuration(Date.parse(until) - nowMs)}`,
    ),
  }
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== '').join(' · ')
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
