import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { TokenBucket } from '../../../src/limit/token-bucket.ts'
import { PublisherRefusals } from '../../../src/webhooks/publisher-refusals.ts'
import type { WebhookEvent } from '../../../src/webhooks/webhook-event.ts'
import { ask, signedIn } from '../../support/access-setup.ts'
import { startRoutes } from '../../support/routes-server.ts'

let cleanup: Cleanup

beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

const refusal = { stream: 'show', protocol: 'whip', address: '192.0.2.7' } as const

function noting(burst = 3) {
  const events: WebhookEvent[] = []
  let nowMs = 0
  const bucket = new TokenBucket(burst, 0.5, () => nowMs)
  return {
    events,
    refusals: new PublisherRefusals((event) => events.push(event), bucket),
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('publishers that are refused', () => {
  test('are events with the reason and the address', () => {
    const { events, refusals } = noting()
    refusals.add({ ...refusal, error: { code: 'STREAM_TAKEN', message: 'It is taken.' } })
    expect(events).toMatchObject([
      {
        ...{ type: 'publisher.refused', stream: 'show' },
        facts: { protocol: 'whip', address: '192.0.2.7', code: 'STREAM_TAKEN', reason: 'It is taken.' },
      },
    ])
  })

  test('are told so many of, because all who reach the gateway can be refused', () => {
    const { events, refusals, pass } = noting()
    for (let count = 0; count < 100; count += 1)
      refusals.add({ ...refusal, error: { code: 'UNAUTHENTICATED', message: '' } })
    expect(events).toHaveLength(3)
    pass(2_000)
    refusals.add({ ...refusal, error: { code: 'UNAUTHENTICATED', message: '' } })
    expect(events).toHaveLength(4)
  })

  test('of no stream, and by the end of the gateway, are no events', () => {
    const { events, refusals } = noting()
    refusals.add({ ...refusal, stream: '../x', error: { code: 'BAD_STREAM_NAME', message: '' } })
    refusals.add({ ...refusal, error: { code: 'SHUTTING_DOWN', message: '' } })
    expect(events).toEqual([])
  })

  test('by WHIP reach webhooks, whether the door refuses or the stream', async () => {
    const gateway = await startRoutes(cleanup, { SLUICE_ACCESS: 'required' })
    const operator = await signedIn(gateway, 'root', {}, true)
    const added = await ask(gateway, 'POST', '/api/webhooks', operator, { url: 'https://hooks.example/' })
    const { id } = JSON.parse(added.text)
    expect((await ask(gateway, 'POST', '/whip/show', {})).status).toBe(401)
    const offer = { ...operator, 'content-type': 'application/sdp' }
    expect((await ask(gateway, 'POST', '/whip/show', offer)).status).toBe(400)
    const { text } = await ask(gateway, 'GET', `/api/webhooks/${id}/deliveries`, operator)
    expect(JSON.parse(text).deliveries).toMatchObject([
      { type: 'publisher.refused', stream: 'show', sequence: 2 },
      { type: 'publisher.refused', stream: 'show', sequence: 1 },
    ])
  })
})
