import { describe, expect, test } from 'vitest'
import { retryAfterMs, verdictOf, webhookRetryMs } from '../../../src/webhooks/retry-schedule.ts'

const hour = 3600_000

describe('the retries of a webhook', () => {
  test('come after 5 s to 24 h, and end', () => {
    const waits = Array.from({ length: 10 }, (_, failed) => webhookRetryMs(failed + 1, null, 0))
    expect(waits).toEqual([
      ...[5_000, 300_000, 1_800_000],
      ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour),
      null,
    ])
  })

  test('are scattered by up to a fifth, never early', () => {
    expect(webhookRetryMs(1, null, 0.999)).toBe(5_999)
    expect(webhookRetryMs(4, null, 0.5)).toBe(7_920_000)
  })

  test('wait for as long as the receiver asks, up to a day', () => {
    expect(webhookRetryMs(1, 60_000, 0)).toBe(60_000)
    expect(webhookRetryMs(4, 60_000, 0)).toBe(2 * hour)
    expect(webhookRetryMs(1, 9_000 * hour, 0)).toBe(24 * hour)
    expect(webhookRetryMs(10, 60_000, 0)).toBeNull()
  })

  test('read Retry-After as seconds or as a date', () => {
    const nowMs = Date.UTC(2026, 0, 1, 12)
    expect(retryAfterMs('120', nowMs)).toBe(120_000)
    expect(retryAfterMs('Thu, 01 Jan 2026 12:00:30 GMT', nowMs)).toBe(30_000)
    expect(retryAfterMs('Thu, 01 Jan 2026 11:00:00 GMT', nowMs)).toBe(0)
    expect([undefined, 'soon', ''].map((value) => retryAfterMs(value, nowMs))).toEqual([null, null, null])
  })

  test('follow everything but 2xx and 410', () => {
    expect([200, 202, 299].map(verdictOf)).toEqual(['delivered', 'delivered', 'delivered'])
    expect([199, 301, 302, 400, 404, 429, 500, 503].map(verdictOf)).toEqual(Array(8).fill('failed'))
    expect(verdictOf(410)).toBe('gone')
  })
})
