import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { newWebhookSecret, presentSecrets, rotated, signedHeaders } from '../../../src/webhooks/signature.ts'

const body = '{"type":"stream.live"}'
const atSeconds = Math.floor(Date.now() / 1_000)

describe('the signature of a webhook', () => {
  test('is verified by the library of Standard Webhooks', () => {
    const secret = newWebhookSecret()
    const headers = signedHeaders({ id: 'msg_1', atSeconds, body }, [secret])
    expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'stream.live' })
  })

  test('is of this id, time and body only', () => {
    const secret = newWebhookSecret()
    const headers = signedHeaders({ id: 'msg_1', atSeconds, body }, [secret])
    const webhook = new Webhook(secret)
    const forged: [string, Record<string, string>][] = [
      [`${body} `, headers],
      [body, { ...headers, 'webhook-id': 'msg_2' }],
      [body, { ...headers, 'webhook-timestamp': String(atSeconds + 1) }],
      [body, signedHeaders({ id: 'msg_1', atSeconds, body }, [newWebhookSecret()])],
    ]
    for (const [text, shown] of forged)
      expect(() => webhook.verify(text, shown)).toThrow(WebhookVerificationError)
  })

  test('is by the old and the new secret while a rotation overlaps, then by the new one', () => {
    const [old, fresh] = [newWebhookSecret(), newWebhookSecret()]
    const nowMs = Date.UTC(2026, 0, 1)
    const secrets = rotated([{ secret: old, until: null }], fresh, nowMs, nowMs + 60_000)
    const present = presentSecrets(secrets, nowMs + 59_999)
    const headers = signedHeaders({ id: 'msg_1', atSeconds, body }, present)
    for (const secret of [old, fresh]) new Webhook(secret).verify(body, headers)
    expect(presentSecrets(secrets, nowMs + 60_000)).toEqual([fresh])
  })

  test('keeps to the end that an earlier rotation set, and to a few secrets', () => {
    const nowMs = Date.UTC(2026, 0, 1)
    let secrets = rotated([{ secret: 'a', until: null }], 'b', nowMs, nowMs + 1_000)
    secrets = rotated(secrets, 'c', nowMs, nowMs + 60_000)
    expect(presentSecrets(secrets, nowMs + 999)).toEqual(['c', 'b', 'a'])
    expect(presentSecrets(secrets, nowMs + 1_000)).toEqual(['c', 'b'])
    for (const secret of ['d', 'e', 'f']) secrets = rotated(secrets, secret, nowMs, nowMs + 60_000)
    expect(secrets).toHaveLength(4)
  })
})
