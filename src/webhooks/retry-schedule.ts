const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Waits after each failed attempt (Standard Webhooks, "Deliverability and reliability"): about four days in all. */
const waitsMs = [
  ...[5 * second, 5 * minute, 30 * minute],
  ...[2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour],
]

const longestMs = 24 * hour
/** The part of a wait that chance adds: receivers that come back are not hit by all senders at once. */
const jitter = 0.2

/**
 * How long to wait after a failed attempt, in ms.
 * @param attempts that failed, this one included.
 * @param retryAfterMs what the receiver asked for.
 * @param random a number in [0, 1)
 * @returns null when it was the last one.
 */
export function webhookRetryMs(attempts: number, retryAfterMs: number | null, random: number): number | null {
  const waitMs = waitsMs[attempts - 1]
  if (waitMs === undefined) return null
  return Math.max(Math.round(waitMs * (1 + jitter * random)), Math.min(longestMs, retryAfterMs ?? 0))
}

/** What an answer means. gone: the receiver wants no more messages (410). */
export type Verdict = 'delivered' | 'gone' | 'failed'

/** Only 2xx is an acceptance; a redirect is not followed, because the address was checked, not the next one. */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'delivered'
  return status === 410 ? 'gone' : 'failed'
}

/** `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date. @returns ms; null when it is missing or neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * second
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
