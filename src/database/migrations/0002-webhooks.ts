import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Schema } from '../schema.ts'

/** Webhooks, what they are to be sent, and how that went. */
export const webhooks: Migration = {
  async up(database: Kysely<Schema>) {
    const { schema } = database
    await schema
      .createTable('webhooks')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('label', 'text', (column) => column.notNull())
      .addColumn('events', 'text', (column) => column.notNull())
      .addColumn('stream', 'text')
      .addColumn('secrets', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('disabled_reason', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute()
    await schema
      .createTable('webhook_messages')
      .addColumn('sequence', 'integer', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('stream', 'text', (column) => column.notNull())
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute()
    await schema
      .createTable('webhook_deliveries')
      .addColumn('webhook_id', 'text', (column) =>
        column.notNull().references('webhooks.id').onDelete('cascade'),
      )
      .addColumn('sequence', 'integer', (column) =>
        column.notNull().references('webhook_messages.sequence').onDelete('cascade'),
      )
      .addColumn('stream', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('next_at', 'text')
      .addColumn('status', 'integer')
      .addColumn('error', 'text')
      .addColumn('done_at', 'text')
      .addPrimaryKeyConstraint('webhook_deliveries_key', ['webhook_id', 'sequence'])
      .execute()
    await schema
      .createIndex('webhook_deliveries_waiting')
      .on('webhook_deliveries')
      .columns(['state', 'webhook_id', 'stream', 'sequence'])
      .execute()
  },
}
