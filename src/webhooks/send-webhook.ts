import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { messageOf } from '../errors.ts'
import type { Dial } from '../push/connection/dial.ts'
import { DialError } from '../push/failure.ts'
import { retryAfterMs } from './retry-schedule.ts'

/** Time for the whole of an attempt (Standard Webhooks asks for 15 to 30 s). */
const timeoutMs = 15_000

/** How an attempt ended: with an answer, or without one. */
export type SendResult =
  | { status: number; retryAfterMs: number | null }
  | {
      status: null
      /** For people, without addresses and secrets. */
      error: string
    }

export type WebhookRequest = { url: string; headers: Readonly<Record<string, string>>; body: string }

/** Sends one message. Never rejects: what goes wrong is the receiver's, and kept for people. */
export type SendWebhook = (request: WebhookRequest, signal: AbortSignal) => Promise<SendResult>

/**
 * Makes the function that sends messages. It connects by the same rules as pushes do: to addresses that were checked
 * after they were found, never to another one.
 */
export function createSendWebhook(dial: Dial, nowMs: () => number = Date.now): SendWebhook {
  return async ({ url, headers, body }, signal) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const target = new URL(url)
    const secure = target.protocol === 'https:'
    const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port)
    const host = target.hostname.replace(/^\[|\]$/g, '')
    try {
      const socket = await dial({ host, port, secure }, false, limit)
      const answer = await post(socket, target, headers, body, limit)
      return {
        status: answer.statusCode ?? 0,
        retryAfterMs: retryAfterMs(answer.headers['retry-after'], nowMs()),
      }
    } catch (error) {
      return { status: null, error: sentence(error, limit) }
    }
  }
}

/** Resolves with the head of the answer; its body says nothing that the status does not. */
async function post(
  socket: Socket,
  { host, pathname, search }: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const sent = request({
      ...{ createConnection: () => socket, method: 'POST', path: pathname + search, signal },
      headers: {
        ...headers,
        host,
        'user-agent': 'Sluice',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      },
    })
    sent.once('response', resolve)
    sent.on('error', reject)
    sent.end(body)
    return await promise
  } finally {
    socket.destroy()
  }
}

function sentence(error: unknown, limit: AbortSignal): string {
  if (error instanceof DialError) {
    if (error.blocked !== null) return error.blocked
    const what = { resolving: 'Finding the address', connecting: 'Connecting', securing: 'The TLS handshake' }
    return `${what[error.phase]} failed: ${error.code}.`
  }
  if (limit.aborted) return `No answer within ${timeoutMs / 1_000} s.`
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
  return `The connection broke: ${code}.`
}
