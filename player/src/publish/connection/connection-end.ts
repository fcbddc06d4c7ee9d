import { type BackoffRule, backoffMs } from '../../../../src/backoff.ts'
import type { ErrorCode } from '../../../../src/errors.ts'

/** How one connection to the gateway ended. */
export type ConnectionEnd = {
  /** A part of a sentence: "the connection broke". */
  reason: string
  /** The gateway's error code; 'UNSUPPORTED' when this browser cannot do it; null for a lost connection. */
  code: ErrorCode | 'UNSUPPORTED' | null
  /** What the gateway said about coming back; null when it said nothing. */
  retry: boolean | null
}

export type NextStep = { action: 'retry'; delayMs: number } | { action: 'stop'; message: string }

/** Back to the gateway soon after a blip, and every few seconds while it is down, for as long as it takes. */
export const reconnectRule: BackoffRule = { firstMs: 500, maxMs: 5000, jitter: 0.3 }

const hopeless: ReadonlySet<ConnectionEnd['code']> = new Set([
  'BAD_REQUEST',
  'BAD_STREAM_NAME',
  'NOT_FOUND',
  'STREAM_NOT_FOUND',
  'TOO_LARGE',
  'UNSUPPORTED_MEDIA',
  'UNSUPPORTED_PROTOCOL',
  'UNSUPPORTED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
])

/** Refusals that are final for a new publisher, but pass with time for one that comes back. */
const finalForNewcomers: ReadonlySet<ConnectionEnd['code']> = new Set(['STREAM_TAKEN', 'WRONG_STATE'])

/**
 * Whether to come back after a connection ended, and when.
 * @param resuming the gateway let this person in before and gave a token to take the stream over again
 * @param failures connections in a row that ended without getting live, this one included
 */
export function afterConnectionEnd(
  end: ConnectionEnd,
  facts: { resuming: boolean; failures: number; random: number },
): NextStep {
  const final =
    end.retry === false ||
    (end.retry === null && (hopeless.has(end.code) || (finalForNewcomers.has(end.code) && !facts.resuming)))
  if (final) return { action: 'stop', message: finalMessage(end) }
  return { action: 'retry', delayMs: backoffMs(reconnectRule, facts.failures, facts.random) }
}

function finalMessage(end: ConnectionEnd): string {
  switch (end.code) {
    case 'STREAM_TAKEN':
      return end.reason
    case 'UNSUPPORTED_PROTOCOL':
      return 'The gateway is of another version than this page. Reload the page, then go live again.'
    default:
      return `Stopped: ${end.reason}`
  }
}
