import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

/** A secret that signs a webhook's messages. */
export type WebhookSecret = {
  /** `whsec_` and base64 of 32 bytes (Standard Webhooks, "Signature scheme"). */
  secret: string
  /** ISO time after which it signs no more; null for the present one. */
  until: string | null
}

export function newWebhookSecret(): string {
  return prefix + randomBytes(32).toString('base64')
}

/** What is signed: id and time are in it, so that nobody sends a message again as another one. */
export type SignedMessage = { id: string; atSeconds: number; body: string }

/**
 * The headers of a message, signed with each of the secrets: after a rotation, receivers that know only the old one
 * and those that know only the new one both verify it (Standard Webhooks, "Webhook headers").
 */
export function signedHeaders({ id, atSeconds, body }: SignedMessage, secrets: readonly string[]) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(atSeconds),
    'webhook-signature': secrets.map((secret) => sign(`${id}.${atSeconds}.${body}`, secret)).join(' '),
  }
}

function sign(text: string, secret: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64')
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}

/** The secrets that sign at this moment. */
export function presentSecrets(secrets: readonly WebhookSecret[], nowMs: number): string[] {
  return secrets
    .filter(({ until }) => until === null || Date.parse(until) > nowMs)
    .map(({ secret }) => secret)
}

/** Most secrets that sign at the same time: each makes the header longer. */
const maxSecrets = 4

/** A new secret takes the place of the present one, which signs beside it until `untilMs`. */
export function rotated(
  secrets: readonly WebhookSecret[],
  secret: string,
  nowMs: number,
  untilMs: number,
): WebhookSecret[] {
  const until = new Date(untilMs).toISOString()
  const kept = secrets
    .map((each) => ({ ...each, until: each.until === null || each.until > until ? until : each.until }))
    .filter((each) => Date.parse(each.until) > nowMs)
  return [{ secret, until: null }, ...kept].slice(0, maxSecrets)
}
