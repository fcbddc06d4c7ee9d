import { newId } from '../auth/secret.ts'
import type { Database } from '../database/database.ts'
import type { WebhookDeliveryRow, WebhookMessageRow } from '../database/schema.ts'
import { GatewayError } from '../errors.ts'
import { type WebhookEvent, webhookBody } from './webhook-event.ts'

/** delivered: the receiver accepted it · failed: there is no further attempt, unless it is replayed. */
export const deliveryStates = ['waiting', 'delivered', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** One message for one webhook, as the API shows it. */
export type Delivery = {
  /** Order in which messages happened. */
  sequence: number
  /** The header `webhook-id`: the same in each attempt, so that receivers know a message that came twice. */
  id: string
  type: string
  stream: string
  /** ISO times. */
  at: string
  state: DeliveryState
  attempts: number
  nextAt: string | null
  /** HTTP status of the last attempt; null when there was none. */
  status: number | null
  error: string | null
  doneAt: string | null
}

/** The oldest that waits of one stream for one webhook: the only one that may be sent. */
export type Head = {
  webhookId: string
  sequence: number
  id: string
  stream: string
  body: string
  attempts: number
  /** ISO time. */
  nextAt: string
}

/** What became of an attempt. `nextAt`, an ISO time: it waits on. */
export type Outcome = { status: number | null; error: string | null } & (
  | { state: 'waiting'; nextAt: string }
  | { state: 'delivered' | 'failed' }
)

export type DeliveryQuery = {
  limit: number
  /** Those older than this sequence. */
  before?: number | undefined
  state?: DeliveryState | undefined
}

/** The queue: what was and is to be sent to webhooks, kept in the database. */
export class DeliveryStore {
  readonly #database: Database
  #sequence: number

  private constructor(database: Database, sequence: number) {
    this.#database = database
    this.#sequence = sequence
  }

  static async load(database: Database): Promise<DeliveryStore> {
    const { last } = await database
      .selectFrom('webhook_messages')
      .select((select) => select.fn.max('sequence').as('last'))
      .executeTakeFirstOrThrow()
    return new DeliveryStore(database, last ?? 0)
  }

  /** Lets a message wait for webhooks. Not to be called twice at the same time. */
  async add(event: WebhookEvent, webhookIds: readonly string[]): Promise<void> {
    const sequence = this.#sequence + 1
    const { type, stream, at } = event
    const message: WebhookMessageRow = {
      ...{ sequence, id: `msg_${newId()}`, type, stream, at },
      body: webhookBody(event, sequence),
    }
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.insertInto('webhook_messages').values(message).execute()
      const waiting = { state: 'waiting', attempts: 0, next_at: at, status: null, error: null, done_at: null }
      await transaction
        .insertInto('webhook_deliveries')
        .values(webhookIds.map((webhook_id) => ({ webhook_id, sequence, stream, ...waiting })))
        .execute()
    })
    this.#sequence = sequence
  }

  async heads(): Promise<Head[]> {
    const rows = await this.#database
      .with('first', (query) =>
        query
          .selectFrom('webhook_deliveries')
          .where('state', '=', 'waiting')
          .groupBy(['webhook_id', 'stream'])
          .select((select) => ['webhook_id', select.fn.min('sequence').as('sequence')] as const),
      )
      .selectFrom('first')
      .innerJoin('webhook_deliveries as delivery', (join) =>
        join
          .onRef('delivery.webhook_id', '=', 'first.webhook_id')
          .onRef('delivery.sequence', '=', 'first.sequence'),
      )
      .innerJoin('webhook_messages as message', 'message.sequence', 'delivery.sequence')
      .select(['delivery.webhook_id', 'delivery.sequence', 'delivery.stream', 'delivery.attempts'])
      .select(['delivery.next_at', 'message.id', 'message.body', 'message.at'])
      .orderBy('delivery.next_at')
      .execute()
    return rows.map(({ webhook_id: webhookId, next_at, at, ...row }) => ({
      ...row,
      webhookId,
      nextAt: next_at ?? at,
    }))
  }

  /** What became of an attempt. One that waits no more, because its webhook was disabled meanwhile, stays as it is. */
  async settle({ webhookId, sequence, attempts }: Head, outcome: Outcome, nowMs: number): Promise<void> {
    const { state, status, error } = outcome
    await this.#database
      .updateTable('webhook_deliveries')
      .set({
        ...{ state, status, error, attempts: attempts + 1 },
        next_at: outcome.state === 'waiting' ? outcome.nextAt : null,
        done_at: outcome.state === 'waiting' ? null : new Date(nowMs).toISOString(),
      })
      .where('webhook_id', '=', webhookId)
      .where('sequence', '=', sequence)
      .where('state', '=', 'waiting')
      .execute()
  }

  /** Gives up all that waits for a webhook. */
  async failWaiting(webhookId: string, error: string, nowMs: number): Promise<void> {
    await this.#database
      .updateTable('webhook_deliveries')
      .set({ state: 'failed', error, next_at: null, done_at: new Date(nowMs).toISOString() })
      .where('webhook_id', '=', webhookId)
      .where('state', '=', 'waiting')
      .execute()
  }

  /** How many of a webhook's are in each state. */
  async count(webhookId: string): Promise<Record<DeliveryState, number>> {
    const rows = await this.#database
      .selectFrom('webhook_deliveries')
      .where('webhook_id', '=', webhookId)
      .groupBy('state')
      .select((select) => ['state', select.fn.countAll().as('count')] as const)
      .execute()
    const of = (state: DeliveryState): number => Number(rows.find((row) => row.state === state)?.count ?? 0)
    return { waiting: of('waiting'), delivered: of('delivered'), failed: of('failed') }
  }

  /** The newest first. */
  async list(webhookId: string, { limit, before, state }: DeliveryQuery): Promise<Delivery[]> {
    let query = this.#database
      .selectFrom('webhook_deliveries as delivery')
      .innerJoin('webhook_messages as message', 'message.sequence', 'delivery.sequence')
      .selectAll('delivery')
      .select(['message.id', 'message.type', 'message.at'])
      .where('delivery.webhook_id', '=', webhookId)
    if (before !== undefined) query = query.where('delivery.sequence', '<', before)
    if (state !== undefined) query = query.where('delivery.state', '=', state)
    const rows = await query.orderBy('delivery.sequence', 'desc').limit(limit).execute()
    return rows.map(deliveryOf)
  }

  /** Lets one message wait again, with all its attempts. @throws GatewayError NOT_FOUND */
  async replay(webhookId: string, sequence: number, nowMs: number): Promise<void> {
    const { numUpdatedRows } = await this.#database
      .updateTable('webhook_deliveries')
      .set({ state: 'waiting', attempts: 0, next_at: new Date(nowMs).toISOString(), done_at: null })
      .where('webhook_id', '=', webhookId)
      .where('sequence', '=', sequence)
      .executeTakeFirstOrThrow()
    if (Number(numUpdatedRows) === 0) throw new GatewayError('NOT_FOUND', 'The webhook has no such message.')
  }

  /** The same for all that failed of what happened since a time. @returns how many. */
  async replayFailed(webhookId: string, since: string, nowMs: number): Promise<number> {
    const { numUpdatedRows } = await this.#database
      .updateTable('webhook_deliveries')
      .set({ state: 'waiting', attempts: 0, next_at: new Date(nowMs).toISOString(), done_at: null })
      .where('webhook_id', '=', webhookId)
      .where('state', '=', 'failed')
      .where('sequence', 'in', (query) =>
        query.selectFrom('webhook_messages').select('sequence').where('at', '>=', since),
      )
      .executeTakeFirstOrThrow()
    return Number(numUpdatedRows)
  }

  /** The last message about each stream's own state that is of one of these types. */
  async lastOfStreams(types: readonly string[]): Promise<{ stream: string; type: string; body: string }[]> {
    return await this.#database
      .selectFrom('webhook_messages')
      .select(['stream', 'type', 'body'])
      .where('sequence', 'in', (query) =>
        query
          .selectFrom('webhook_messages')
          .where('type', 'in', types)
          .groupBy('stream')
          .select((select) => select.fn.max('sequence').as('sequence')),
      )
      .execute()
  }

  /** Forgets messages from before a time. The newest stays: the next one counts on from it. */
  async prune(before: string): Promise<void> {
    await this.#database
      .deleteFrom('webhook_messages')
      .where('at', '<', before)
      .where('sequence', '<', this.#sequence)
      .execute()
  }
}

function deliveryOf(row: WebhookDeliveryRow & Pick<WebhookMessageRow, 'id' | 'type' | 'at'>): Delivery {
  const { sequence, id, type, stream, at, attempts, status, error } = row
  return {
    ...{ sequence, id, type, stream, at, attempts, status, error },
    state: deliveryStates.find((state) => state === row.state) ?? 'failed',
    nextAt: row.next_at,
    doneAt: row.done_at,
  }
}
