import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { closeCodes, protocolVersion } from '../../../src/ingest/protocol-constants.ts'
import { PublicationLimit } from '../../../src/ingest/publication-limit.ts'
import { PublishSession, type PublishSessionOptions } from '../../../src/ingest/publish-session.ts'
import { createLog } from '../../../src/log.ts'
import type { Registry } from '../../../src/streams/registry.ts'

const closed = vi.fn()
const sent: string[] = []
const refused: string[] = []

beforeEach(() => {
  vi.useFakeTimers()
  closed.mockClear()
  sent.length = 0
  refused.length = 0
})
afterEach(() => {
  vi.useRealTimers()
})

/** A session on which nothing is ever published. */
function open(options: Partial<PublishSessionOptions> = {}): PublishSession {
  return new PublishSession({
    ...{ streamName: 'live', client: null, registry: {} as Registry },
    publications: new PublicationLimit({ maxStreams: 1, maxAddressShare: 1 }),
    config: { stunUrls: [], turnUrls: [], turnSecret: null, maxPublishBitrateBps: 1_000_000 },
    gate: async () => ({ principal: null, hold: () => () => undefined }),
    log: createLog({ level: 'silent', pretty: false }),
    send: (text) => sent.push(text),
    onRefused: (error) => refused.push(error.code),
    close: closed,
    ...options,
  })
}

test('a connection that publishes nothing is closed, requests or not', async () => {
  const session = open()
  vi.advanceTimersByTime(10_000)
  session.onMessage('{"id":1,"type":"stop"}')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(closed).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(closed).toHaveBeenCalledExactlyOnceWith(closeCodes.idle, expect.any(String))
  await session.onClose()
  expect(vi.getTimerCount()).toBe(0)
})

test('more frames than a page ever sends close the connection', async () => {
  const session = open()
  for (let id = 0; id < 200 && closed.mock.calls.length === 0; id += 1) {
    session.onMessage(`{"id":${id},"type":"restartIce"}`)
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(closed).toHaveBeenCalledExactlyOnceWith(closeCodes.badFrames, 'too many requests')
  expect(sent.length).toBeGreaterThanOrEqual(100)
  expect(sent.length).toBeLessThan(110)
  await session.onClose()
})

test('a publisher that is not let in is noted with the reason', async () => {
  const session = open({
    gate: () => Promise.reject(new GatewayError('FORBIDDEN', 'Not this key.')),
  })
  session.onMessage(JSON.stringify({ id: 1, type: 'publish', protocol: protocolVersion, kinds: ['video'] }))
  await vi.advanceTimersByTimeAsync(0)
  expect(refused).toEqual(['FORBIDDEN'])
  expect(sent.at(-1)).toContain('Not this key.')
})
