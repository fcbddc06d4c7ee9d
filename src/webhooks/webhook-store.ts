import { z } from 'zod'
import { newId } from '../auth/secret.ts'
import type { Database } from '../database/database.ts'
import type { WebhookRow } from '../database/schema.ts'
import { GatewayError } from '../errors.ts'
import { newWebhookSecret, rotated, type WebhookSecret } from './signature.ts'
import { type WebhookEventType, webhookEventTypes } from './webhook-event.ts'

/** What an operator says about a webhook. */
export type WebhookSettings = {
  /** http or https, without a login. */
  url: string
  /** For people. */
  label: string
  /** Empty: all. */
  events: readonly WebhookEventType[]
  /** Null: all streams. */
  stream: string | null
  /** A disabled one gets nothing. */
  enabled: boolean
}

export type Webhook = WebhookSettings & {
  id: string
  secrets: readonly WebhookSecret[]
  /** Why the gateway disabled it; null when it did not. */
  disabledReason: string | null
  /** ISO time. */
  createdAt: string
}

/** Each event is written and sent once for each of them. */
const maxWebhooks = 50

/** The webhooks, kept in the database. */
export class WebhookStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** In the order in which they were made. */
  async list(): Promise<Webhook[]> {
    const rows = await this.#database.selectFrom('webhooks').selectAll().orderBy('id').execute()
    return rows.map(webhookOf)
  }

  async find(id: string): Promise<Webhook | undefined> {
    const row = await this.#database
      .selectFrom('webhooks')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return row && webhookOf(row)
  }

  /** @throws GatewayError NOT_FOUND */
  async get(id: string): Promise<Webhook> {
    const webhook = await this.find(id)
    if (webhook) return webhook
    throw new GatewayError('NOT_FOUND', 'There is no such webhook.')
  }

  /** @throws GatewayError TOO_MANY_ENTRIES */
  async create(settings: WebhookSettings): Promise<Webhook & { secret: string }> {
    if ((await this.list()).length >= maxWebhooks) {
      throw new GatewayError(
        'TOO_MANY_ENTRIES',
        `There are ${maxWebhooks} webhooks already. Remove one first.`,
      )
    }
    const secret = newWebhookSecret()
    const nowMs = Date.now()
    const webhook: Webhook = {
      ...settings,
      id: newId(nowMs),
      secrets: [{ secret, until: null }],
      disabledReason: null,
      createdAt: new Date(nowMs).toISOString(),
    }
    await this.#database.insertInto('webhooks').values(rowOf(webhook)).execute()
    return { ...webhook, secret }
  }

  /** Enabling one forgets why it was disabled. @throws GatewayError NOT_FOUND */
  async update(id: string, changes: Partial<WebhookSettings>): Promise<Webhook> {
    const webhook = await this.get(id)
    const disabledReason = changes.enabled === undefined ? webhook.disabledReason : null
    return await this.#save({ ...webhook, ...changes, disabledReason })
  }

  async disable(id: string, reason: string): Promise<void> {
    await this.#database
      .updateTable('webhooks')
      .set({ enabled: 0, disabled_reason: reason })
      .where('id', '=', id)
      .execute()
  }

  /**
   * A new secret takes the place of the present one, which signs beside it for a while.
   * @throws GatewayError NOT_FOUND
   */
  async rotate(id: string, overlapSeconds: number): Promise<Webhook & { secret: string }> {
    const webhook = await this.get(id)
    const secret = newWebhookSecret()
    const nowMs = Date.now()
    const secrets = rotated(webhook.secrets, secret, nowMs, nowMs + overlapSeconds * 1_000)
    return { ...(await this.#save({ ...webhook, secrets })), secret }
  }

  /** With all that waits for it. @throws GatewayError NOT_FOUND */
  async remove(id: string): Promise<void> {
    await this.get(id)
    await this.#database.deleteFrom('webhooks').where('id', '=', id).execute()
  }

  async #save(webhook: Webhook): Promise<Webhook> {
    const { id, ...columns } = rowOf(webhook)
    await this.#database.updateTable('webhooks').set(columns).where('id', '=', id).execute()
    return webhook
  }
}

function rowOf(webhook: Webhook): WebhookRow {
  const { id, url, label, stream } = webhook
  return {
    ...{ id, url, label, stream },
    events: JSON.stringify(webhook.events),
    secrets: JSON.stringify(webhook.secrets),
    enabled: Number(webhook.enabled),
    disabled_reason: webhook.disabledReason,
    created_at: webhook.createdAt,
  }
}

const secretsSchema = z.array(z.object({ secret: z.string(), until: z.string().nullable() }))
const eventsSchema = z.array(z.enum(webhookEventTypes))

function webhookOf(row: WebhookRow): Webhook {
  const { id, url, label, stream } = row
  return {
    ...{ id, url, label, stream },
    events: eventsSchema.parse(JSON.parse(row.events)),
    secrets: secretsSchema.parse(JSON.parse(row.secrets)),
    enabled: row.enabled === 1,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
  }
}
