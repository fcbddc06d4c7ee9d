import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { DeliveryStore, Head, Outcome } from './delivery-store.ts'
import { verdictOf, webhookRetryMs } from './retry-schedule.ts'
import type { SendResult, SendWebhook } from './send-webhook.ts'
import { presentSecrets, signedHeaders } from './signature.ts'
import type { Webhook, WebhookStore } from './webhook-store.ts'

export type DeliveryRunnerOptions = {
  webhooks: Pick<WebhookStore, 'find' | 'disable'>
  deliveries: Pick<DeliveryStore, 'heads' | 'settle' | 'failWaiting'>
  send: SendWebhook
  random: () => number
  log: Log
}

/** Attempts at the same time, of all webhooks and of one: a receiver that hangs takes no place of another. */
const maxAttempts = 16
const maxAttemptsEach = 4
/** After the database failed. */
const againMs = 5_000

/** Sends what waits. Of one stream to one webhook only the oldest is on its way, so that they arrive in order. */
export class DeliveryRunner {
  readonly #options: DeliveryRunnerOptions
  readonly #closing = new AbortController()
  /** Attempts that go on, by webhook and stream. */
  readonly #running = new Map<string, { webhookId: string; done: Promise<void> }>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #again = false

  constructor(options: DeliveryRunnerOptions) {
    this.#options = options
  }

  /** Something may wait. */
  wake(): void {
    this.#again = true
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
  }

  /** Attempts that go on are given up; they wait for the next start. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await this.#looking
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #look(): Promise<void> {
    while (this.#again && !this.#closing.signal.aborted) {
      this.#again = false
      try {
        this.#start(await this.#options.deliveries.heads())
      } catch (error) {
        this.#options.log.error({ reason: messageOf(error) }, 'the queue of webhooks could not be read')
        this.#wakeIn(againMs)
      }
    }
  }

  #start(heads: readonly Head[]): void {
    if (this.#closing.signal.aborted) return
    const nowMs = Date.now()
    let nextMs = Number.POSITIVE_INFINITY
    for (const head of heads) {
      if (this.#running.has(laneOf(head))) continue
      const dueMs = Date.parse(head.nextAt)
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
      // Each attempt that ends looks again.
      else if (this.#hasRoom(head.webhookId)) this.#run(head)
    }
    clearTimeout(this.#timer)
    if (nextMs !== Number.POSITIVE_INFINITY) this.#wakeIn(nextMs - nowMs)
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => this.wake(), ms).unref()
  }

  #hasRoom(webhookId: string): boolean {
    const ofWebhook = [...this.#running.values()].filter((running) => running.webhookId === webhookId)
    return this.#running.size < maxAttempts && ofWebhook.length < maxAttemptsEach
  }

  #run(head: Head): void {
    const lane = laneOf(head)
    const done = this.#attempt(head)
      .catch(async (error) => {
        this.#options.log.error({ reason: messageOf(error) }, 'a webhook could not be sent')
        return againMs
      })
      .then((waitMs) => {
        this.#running.delete(lane)
        if (waitMs === 0) this.wake()
        else this.#wakeIn(waitMs)
      })
    this.#running.set(lane, { webhookId: head.webhookId, done })
  }

  /** @returns ms until there may be something to do. */
  async #attempt(head: Head): Promise<number> {
    const { webhooks, send } = this.#options
    const webhook = await webhooks.find(head.webhookId)
    if (!webhook) return 0
    const { id, body } = head
    const atMs = Date.now()
    const headers = signedHeaders(
      { id, body, atSeconds: Math.floor(atMs / 1_000) },
      presentSecrets(webhook.secrets, atMs),
    )
    const result = await send({ url: webhook.url, headers, body }, this.#closing.signal)
    // Given up by the end of the gateway: that is no failure of the receiver.
    if (result.status === null && this.#closing.signal.aborted) return 0
    await this.#settle(webhook, head, result)
    return 0
  }

  async #settle(webhook: Webhook, head: Head, result: SendResult): Promise<void> {
    const { webhooks, deliveries, log } = this.#options
    const nowMs = Date.now()
    const verdict = result.status === null ? 'failed' : verdictOf(result.status)
    if (verdict === 'delivered') {
      await deliveries.settle(head, { state: 'delivered', status: result.status, error: null }, nowMs)
      return
    }
    const outcome = this.#failure(head, result, nowMs)
    log.warn({ webhook: webhook.id, attempts: head.attempts + 1, reason: outcome.error }, 'webhook refused')
    if (verdict === 'gone') {
      const reason = 'The receiver answered 410 Gone.'
      await deliveries.settle(head, { state: 'failed', status: result.status, error: reason }, nowMs)
      await webhooks.disable(webhook.id, reason)
      await deliveries.failWaiting(webhook.id, reason, nowMs)
      log.warn({ webhook: webhook.id, reason }, 'a webhook was disabled')
    } else await deliveries.settle(head, outcome, nowMs)
  }

  #failure(head: Head, result: SendResult, nowMs: number): Outcome {
    const error = result.status === null ? result.error : `The receiver answered ${result.status}.`
    const asked = result.status === null ? null : result.retryAfterMs
    const waitMs = webhookRetryMs(head.attempts + 1, asked, this.#options.random())
    const { status } = result
    if (waitMs === null) return { state: 'failed', status, error }
    return { state: 'waiting', status, error, nextAt: new Date(nowMs + waitMs).toISOString() }
  }
}

function laneOf({ webhookId, stream }: Pick<Head, 'webhookId' | 'stream'>): string {
  return `${webhookId}/${stream}`
}
