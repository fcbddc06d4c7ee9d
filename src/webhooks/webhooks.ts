import { z } from 'zod'
import type { Database } from '../database/database.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { DialError } from '../push/failure.ts'
import { SerialQueue } from '../serial-queue.ts'
import { DeliveryRunner } from './delivery-runner.ts'
import { type DeliveryState, DeliveryStore } from './delivery-store.ts'
import type { SendWebhook } from './send-webhook.ts'
import type { WebhookEvent } from './webhook-event.ts'
import { type Webhook, type WebhookSettings, WebhookStore } from './webhook-store.ts'

export type WebhooksOptions = {
  database: Database
  send: SendWebhook
  /** Looks a host up and throws DialError when no webhook may go there. */
  checkHost: (host: string) => Promise<void>
  log: Log
  /** For the jitter: a number in [0, 1). */
  random?: () => number
}

export type CountedWebhook = Webhook & { deliveries: Record<DeliveryState, number> }

/** Messages that wait for one webhook: one that takes none must not fill the disk. */
const maxWaiting = 10_000
const keptDays = 30
const pruneEvery = 200

/** What tells that a broadcast goes on, and what ends it. */
const streamStates = ['stream.live', 'stream.interrupted', 'stream.ended'] as const
const endedReason = 'the gateway stopped before the stream ended'
const toldSchema = z.object({ data: z.object({ liveSince: z.string().nullable() }) })

/**
 * All webhooks: what they are, and the queue of what they are sent. What happened is written first and sent then, so
 * that a restart loses nothing.
 */
export class Webhooks {
  readonly store: WebhookStore
  readonly deliveries: DeliveryStore
  readonly #options: WebhooksOptions
  readonly #runner: DeliveryRunner
  /** Events are written one after the other, in the order in which they happened. */
  readonly #queue = new SerialQueue()
  #sincePruned = pruneEvery

  private constructor(options: WebhooksOptions, deliveries: DeliveryStore) {
    const { database, send, log, random = Math.random } = options
    this.#options = options
    this.store = new WebhookStore(database)
    this.deliveries = deliveries
    this.#runner = new DeliveryRunner({ webhooks: this.store, deliveries, send, random, log })
  }

  /** Goes on with what waits since before. The caller owes a `close()`. */
  static async load(options: WebhooksOptions): Promise<Webhooks> {
    const webhooks = new Webhooks(options, await DeliveryStore.load(options.database))
    await webhooks.#endBrokenOff()
    webhooks.#runner.wake()
    return webhooks
  }

  /** Something happened. Resolves when it is written; never rejects, because it did happen. */
  async emit(event: WebhookEvent): Promise<void> {
    try {
      await this.#queue.run(() => this.#write(event))
    } catch (error) {
      this.#options.log.error({ reason: messageOf(error), type: event.type }, 'a webhook event was lost')
    }
  }

  /** The same for those who wait for nothing; null is no event. */
  happened(event: WebhookEvent | null): void {
    if (event) void this.emit(event)
  }

  async list(): Promise<CountedWebhook[]> {
    return await Promise.all((await this.store.list()).map((webhook) => this.#counted(webhook)))
  }

  /** @throws GatewayError NOT_FOUND */
  async get(id: string): Promise<CountedWebhook> {
    return await this.#counted(await this.store.get(id))
  }

  /** @returns it with the secret, which is not shown again. @throws GatewayError TARGET_BLOCKED, TOO_MANY_ENTRIES */
  async create(settings: WebhookSettings): Promise<CountedWebhook & { secret: string }> {
    await this.#checkAddress(settings.url)
    const { secret, ...webhook } = await this.store.create(settings)
    return { ...(await this.#counted(webhook)), secret }
  }

  /** @throws GatewayError NOT_FOUND, TARGET_BLOCKED */
  async update(id: string, changes: Partial<WebhookSettings>): Promise<CountedWebhook> {
    if (changes.url !== undefined) await this.#checkAddress(changes.url)
    // Not while an event is written for those that are enabled.
    return await this.#queue.run(async () => {
      const webhook = await this.store.update(id, changes)
      if (!webhook.enabled) await this.deliveries.failWaiting(id, 'The webhook is disabled.', Date.now())
      return await this.#counted(webhook)
    })
  }

  /** Sends one message again, or all that failed since a time. @throws GatewayError NOT_FOUND, WRONG_STATE */
  async replay(id: string, what: { sequence: number } | { failedSince: string }): Promise<number> {
    const { enabled } = await this.store.get(id)
    if (!enabled) throw new GatewayError('WRONG_STATE', 'The webhook is disabled. Enable it first.')
    let replayed = 1
    if ('sequence' in what) await this.deliveries.replay(id, what.sequence, Date.now())
    else {
      // As it is written in the database: comparisons are of texts.
      const since = new Date(what.failedSince).toISOString()
      replayed = await this.deliveries.replayFailed(id, since, Date.now())
    }
    this.#runner.wake()
    return replayed
  }

  /** Resolves when all that happened is written and no attempt goes on. What waits is sent after the next start. */
  async close(): Promise<void> {
    await this.#queue.run(() => undefined)
    await this.#runner.close()
  }

  async #write(event: WebhookEvent): Promise<void> {
    const wanting = (await this.store.list()).filter(
      ({ enabled, events, stream }) =>
        enabled &&
        (events.length === 0 || events.includes(event.type)) &&
        (stream === null || stream === event.stream),
    )
    const ids: string[] = []
    for (const { id } of wanting) if (await this.#hasRoom(id)) ids.push(id)
    if (ids.length === 0) return
    await this.deliveries.add(event, ids)
    await this.#prune()
    this.#runner.wake()
  }

  async #hasRoom(id: string): Promise<boolean> {
    const { waiting } = await this.deliveries.count(id)
    if (waiting < maxWaiting) return true
    const reason = `${maxWaiting} messages waited for the receiver to accept them.`
    await this.store.disable(id, reason)
    await this.deliveries.failWaiting(id, reason, Date.now())
    this.#options.log.warn({ webhook: id, reason }, 'a webhook was disabled')
    return false
  }

  /** A gateway that was killed could not tell that its streams ended. */
  async #endBrokenOff(): Promise<void> {
    for (const { stream, type, body } of await this.deliveries.lastOfStreams(streamStates)) {
      if (type === 'stream.ended') continue
      const { liveSince } = toldSchema.parse(JSON.parse(body)).data
      const facts = { reason: endedReason, liveSince }
      await this.emit({ type: 'stream.ended', stream, at: new Date().toISOString(), facts })
    }
  }

  async #prune(): Promise<void> {
    this.#sincePruned += 1
    if (this.#sincePruned < pruneEvery) return
    this.#sincePruned = 0
    await this.deliveries.prune(new Date(Date.now() - keptDays * 24 * 3600_000).toISOString())
  }

  async #counted(webhook: Webhook): Promise<CountedWebhook> {
    return { ...webhook, deliveries: await this.deliveries.count(webhook.id) }
  }

  /** What can be known at once. A host that is not found now may be later. @throws GatewayError TARGET_BLOCKED */
  async #checkAddress(url: string): Promise<void> {
    try {
      await this.#options.checkHost(new URL(url).hostname.replace(/^\[|\]$/g, ''))
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      if (error.blocked !== null) throw new GatewayError('TARGET_BLOCKED', error.blocked, { cause: error })
    }
  }
}
