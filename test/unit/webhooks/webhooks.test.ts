import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { type Database, openDatabase } from '../../../src/database/database.ts'
import { memoryDialect, sqliteDialect } from '../../../src/database/sqlite.ts'
import { createLog } from '../../../src/log.ts'
import { DialError } from '../../../src/push/failure.ts'
import type { SendResult, WebhookRequest } from '../../../src/webhooks/send-webhook.ts'
import type { WebhookEventType } from '../../../src/webhooks/webhook-event.ts'
import type { WebhookSettings } from '../../../src/webhooks/webhook-store.ts'
import { Webhooks } from '../../../src/webhooks/webhooks.ts'

let cleanup: Cleanup

beforeEach(() => {
  cleanup = new Cleanup()
  vi.useFakeTimers({
    now: Date.UTC(2026, 0, 1, 12),
    toFake: ['setTimeout', 'clearTimeout', 'Date'],
  })
})
afterEach(async () => {
  await cleanup.run()
  vi.useRealTimers()
})

const settings: WebhookSettings = {
  ...{ url: 'https://hooks.example/a', label: '', events: [], stream: null, enabled: true },
}

/** `show stream.live 1` of a request. */
function told({ body }: WebhookRequest): string {
  const { type, data } = JSON.parse(body)
  return `${data.stream} ${type} ${data.sequence}`
}

/** Webhooks with a receiver that answers what the test says. */
async function start({ database }: { database?: Database } = {}) {
  const kept = database ?? (await openDatabase(memoryDialect()))
  if (!database) cleanup.defer(() => kept.destroy())
  const requests: WebhookRequest[] = []
  let answer: (request: WebhookRequest) => number | Promise<SendResult> = () => 200
  const webhooks = await Webhooks.load({
    database: kept,
    log: createLog({ level: 'silent', pretty: false }),
    random: () => 0,
    async checkHost(host) {
      if (host === 'inside.example') throw new DialError('resolving', 'BLOCKED', { blocked: 'Not there.' })
    },
    async send(request, signal) {
      requests.push(request)
      const result = answer(request)
      if (typeof result === 'number') return { status: result, retryAfterMs: null }
      const aborted = new Promise<SendResult>((resolve) => {
        signal.addEventListener('abort', () => resolve({ status: null, error: 'aborted' }))
      })
      return await Promise.race([result, aborted])
    },
  })
  const close = (): Promise<void> => webhooks.close()
  cleanup.defer(close)
  return {
    ...{ webhooks, requests, close, database: kept },
    seen: () => requests.map(told),
    answers(next: typeof answer) {
      answer = next
    },
    async emit(type: WebhookEventType, stream = 'show') {
      await webhooks.emit({
        ...{ type, stream, at: new Date().toISOString() },
        facts: { reason: 'because', liveSince: '2026-01-01T12:00:00.000Z' },
      })
      await seconds(0)
    },
  }
}

/** The clock goes on, and everything happens that is due. */
async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1_000)
  // Queries take several turns each.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('webhooks', () => {
  test('get each event once, signed, with what it is about', async () => {
    const { webhooks, requests, emit } = await start()
    const { id, secret } = await webhooks.create(settings)
    await emit('stream.live')
    const [request] = requests
    expect(request?.url).toBe('https://hooks.example/a')
    expect(new Verifier(secret).verify(request?.body ?? '', { ...request?.headers })).toEqual({
      type: 'stream.live',
      timestamp: '2026-01-01T12:00:00.000Z',
      data: {
        ...{ stream: 'show', sequence: 1 },
        ...{ reason: 'because', liveSince: '2026-01-01T12:00:00.000Z' },
      },
    })
    await seconds(100_000)
    expect(requests).toHaveLength(1)
    expect(await webhooks.deliveries.list(id, { limit: 10 })).toMatchObject([
      { state: 'delivered', attempts: 1, status: 200, type: 'stream.live', nextAt: null },
    ])
  })

  test('get only the events and the stream that they ask for, and nothing while disabled', async () => {
    const { webhooks, requests, seen, emit } = await start()
    await webhooks.create({ ...settings, events: ['stream.ended'], stream: 'show' })
    const disabled = await webhooks.create({ ...settings, enabled: false })
    await emit('stream.live')
    await emit('stream.ended', 'other')
    await emit('stream.ended')
    expect(seen()).toEqual(['show stream.ended 1'])
    await webhooks.update(disabled.id, { enabled: true, stream: 'other', url: 'https://hooks.example/b' })
    await emit('stream.live', 'other')
    expect(requests.at(-1)?.url).toBe('https://hooks.example/b')
  })

  test('get the events of a stream in order, also when one fails; other streams and webhooks do not wait', async () => {
    const { webhooks, seen, requests, answers, emit } = await start()
    await webhooks.create(settings)
    answers((request) => (told(request).startsWith('show') ? 500 : 200))
    await emit('stream.live')
    await emit('stream.interrupted')
    await emit('stream.live', 'other')
    await webhooks.create({ ...settings, url: 'https://hooks.example/b' })
    await emit('stream.ended')
    expect(seen()).toEqual([...['show stream.live 1', 'other stream.live 3', 'show stream.ended 4']])
    expect(requests.at(-1)?.url).toBe('https://hooks.example/b')
    answers(() => 200)
    await seconds(4.9)
    expect(requests).toHaveLength(3)
    await seconds(0.2)
    const ofFirst = requests.slice(3).filter(({ url }) => url === settings.url)
    expect(ofFirst.map(told)).toEqual([
      ...['show stream.live 1', 'show stream.interrupted 2', 'show stream.ended 4'],
    ])
  })

  test('wait for an attempt that goes on', async () => {
    const { webhooks, seen, answers, emit } = await start()
    await webhooks.create(settings)
    const slow = Promise.withResolvers<SendResult>()
    answers((request) => (told(request) === 'show stream.live 1' ? slow.promise : 200))
    await emit('stream.live')
    await emit('stream.ended')
    expect(seen()).toEqual(['show stream.live 1'])
    slow.resolve({ status: 200, retryAfterMs: null })
    await seconds(0)
    expect(seen()).toEqual(['show stream.live 1', 'show stream.ended 2'])
  })

  test('are tried again on schedule with the same id, then given up, and go on with the next event', async () => {
    const { webhooks, requests, seen, answers, emit } = await start()
    const { id } = await webhooks.create(settings)
    answers((request) => (told(request) === 'show stream.live 1' ? 503 : 200))
    await emit('stream.live')
    await emit('stream.ended')
    const waits = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for (const [attempt, wait] of waits.entries()) {
      await seconds(wait - 1)
      expect(requests).toHaveLength(attempt + 1)
      await seconds(1)
      expect(requests.length).toBeGreaterThan(attempt + 1)
    }
    expect(seen()).toEqual([...Array(10).fill('show stream.live 1'), 'show stream.ended 2'])
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
    expect(new Set(requests.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10)
    expect(await webhooks.deliveries.list(id, { limit: 10, state: 'failed' })).toMatchObject([
      { sequence: 1, attempts: 10, status: 503, error: 'The receiver answered 503.', nextAt: null },
    ])
  })

  test('honour Retry-After', async () => {
    const { webhooks, requests, answers, emit } = await start()
    await webhooks.create(settings)
    answers(async () => ({ status: 429, retryAfterMs: 60_000 }))
    await emit('stream.live')
    await seconds(59)
    expect(requests).toHaveLength(1)
    await seconds(1)
    expect(requests).toHaveLength(2)
  })

  test('are disabled by 410 with all that waits, and can be enabled and replayed', async () => {
    const { webhooks, requests, seen, answers, emit } = await start()
    const { id } = await webhooks.create(settings)
    answers(() => 500)
    await emit('stream.live')
    await emit('stream.interrupted')
    answers(() => 410)
    await seconds(5)
    expect(await webhooks.get(id)).toMatchObject({
      enabled: false,
      disabledReason: 'The receiver answered 410 Gone.',
      deliveries: { waiting: 0, delivered: 0, failed: 2 },
    })
    await emit('stream.ended')
    await seconds(100_000)
    expect(requests).toHaveLength(2)
    const failedSince = '2026-01-01T12:00:00Z'
    await expect(webhooks.replay(id, { failedSince })).rejects.toMatchObject({ code: 'WRONG_STATE' })
    answers(() => 200)
    expect(await webhooks.update(id, { enabled: true })).toMatchObject({ disabledReason: null })
    expect(await webhooks.replay(id, { failedSince })).toBe(2)
    await seconds(0)
    expect(seen().slice(2)).toEqual(['show stream.live 1', 'show stream.interrupted 2'])
    expect(await webhooks.replay(id, { failedSince })).toBe(0)
    expect(await webhooks.replay(id, { sequence: 2 })).toBe(1)
    await seconds(0)
    expect(seen().at(-1)).toBe('show stream.interrupted 2')
    expect(requests.at(-1)?.headers['webhook-id']).toBe(requests.at(-2)?.headers['webhook-id'])
    await expect(webhooks.replay(id, { sequence: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('are signed with both secrets after a rotation', async () => {
    const { webhooks, requests, emit } = await start()
    const { id, secret } = await webhooks.create(settings)
    const rotated = await webhooks.store.rotate(id, 60)
    await emit('stream.live')
    for (const each of [secret, rotated.secret]) {
      expect(() =>
        new Verifier(each).verify(requests[0]?.body ?? '', { ...requests[0]?.headers }),
      ).not.toThrow()
    }
    await seconds(60)
    await emit('stream.ended')
    const last = requests.at(-1)
    expect(() => new Verifier(secret).verify(last?.body ?? '', { ...last?.headers })).toThrow()
    expect(() => new Verifier(rotated.secret).verify(last?.body ?? '', { ...last?.headers })).not.toThrow()
  })

  test('do not go where targets may not', async () => {
    const { webhooks } = await start()
    const blocked = { ...settings, url: 'http://inside.example/' }
    await expect(webhooks.create(blocked)).rejects.toMatchObject({ code: 'TARGET_BLOCKED' })
    const { id } = await webhooks.create(settings)
    await expect(webhooks.update(id, { url: blocked.url })).rejects.toMatchObject({ code: 'TARGET_BLOCKED' })
    expect((await webhooks.get(id)).url).toBe(settings.url)
  })
})

describe('a restart', () => {
  /** One that is not cut short writes what happens first, and one after it finds that. */
  async function onDisk() {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-webhooks-'))
    cleanup.defer(() => rm(directory, { recursive: true, force: true }))
    return async () => {
      const database = await openDatabase(sqliteDialect(directory))
      cleanup.defer(() => database.destroy())
      return await start({ database })
    }
  }

  test('in the middle of an attempt sends it again, then what waited, in order', async () => {
    const open = await onDisk()
    const first = await open()
    await first.webhooks.create(settings)
    first.answers(() => Promise.withResolvers<SendResult>().promise)
    await first.emit('stream.live')
    await first.emit('stream.ended')
    expect(first.seen()).toEqual(['show stream.live 1'])
    await first.close()
    await first.database.destroy()
    const second = await open()
    await seconds(0)
    expect(second.seen()).toEqual(['show stream.live 1', 'show stream.ended 2'])
    expect(second.requests[0]?.headers['webhook-id']).toBe(first.requests[0]?.headers['webhook-id'])
    await second.emit('stream.live')
    expect(second.seen().at(-1)).toBe('show stream.live 3')
  })

  test('keeps the wait for the next attempt', async () => {
    const open = await onDisk()
    const first = await open()
    await first.webhooks.create(settings)
    first.answers(() => 500)
    await first.emit('stream.live')
    await first.emit('stream.ended')
    await seconds(5)
    await first.close()
    await first.database.destroy()
    const second = await open()
    await seconds(299)
    expect(second.requests).toHaveLength(0)
    await seconds(1)
    expect(second.seen()).toEqual(['show stream.live 1', 'show stream.ended 2'])
  })

  test('tells the end of streams that the gateway could not end', async () => {
    const open = await onDisk()
    const first = await open()
    await first.webhooks.create(settings)
    await first.emit('stream.live')
    await first.emit('stream.live', 'done')
    await first.emit('stream.ended', 'done')
    await first.database.destroy()
    const second = await open()
    await seconds(0)
    expect(second.seen()).toEqual(['show stream.ended 4'])
    expect(JSON.parse(second.requests[0]?.body ?? '').data).toMatchObject({
      reason: 'the gateway stopped before the stream ended',
      liveSince: '2026-01-01T12:00:00.000Z',
    })
  })

  test('writes what happened right before', async () => {
    const open = await onDisk()
    const first = await open()
    await first.webhooks.create(settings)
    first.answers(() => Promise.withResolvers<SendResult>().promise)
    const at = new Date().toISOString()
    void first.webhooks.emit({ type: 'target.live', stream: 'show', at, facts: { target: 'YouTube' } })
    await first.close()
    await first.database.destroy()
    const second = await open()
    await seconds(0)
    expect(second.seen()).toEqual(['show target.live 1'])
  })
})
