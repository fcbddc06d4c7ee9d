import type { GatewayError } from '../errors.ts'
import { TokenBucket } from '../limit/token-bucket.ts'
import { streamNamePattern } from '../stream-name.ts'
import type { WebhookEvent } from './webhook-event.ts'

/** A publisher that was not let in. */
export type PublisherRefusal = {
  stream: string
  protocol: 'websocket' | 'whip'
  /** IP address. */
  address: string
  error: Pick<GatewayError, 'code' | 'message'>
}

/** All who reach the gateway can be refused as often as they like: the rest of them is in the log and the audit. */
const burst = 30
const perSecond = 0.5

/** They say nothing about who may publish: the gateway ends, a client asks too often or in the wrong order. */
const untold: ReadonlySet<string> = new Set(['SHUTTING_DOWN', 'TOO_MANY_REQUESTS', 'WRONG_STATE'])

/** Turns refusals into events, so many of them. */
export class PublisherRefusals {
  readonly #bucket: TokenBucket
  readonly #emit: (event: WebhookEvent) => void

  constructor(emit: (event: WebhookEvent) => void, bucket = new TokenBucket(burst, perSecond)) {
    this.#emit = emit
    this.#bucket = bucket
  }

  add({ stream, protocol, address, error: { code, message } }: PublisherRefusal): void {
    // Not a stream's name: there is no stream that it could be about.
    if (untold.has(code) || !streamNamePattern.test(stream) || !this.#bucket.take()) return
    const facts = { protocol, address, code, reason: message }
    this.#emit({ type: 'publisher.refused', stream, at: new Date().toISOString(), facts })
  }
}
