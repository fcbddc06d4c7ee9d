import { type Dialect, Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { GatewayError, messageOf } from '../errors.ts'
import { migrations } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/** All that outlives a restart. Its queries are the query layer's only, so that PostgreSQL can take SQLite's place. */
export type Database = Kysely<Schema>

/**
 * Opens a database and brings its tables up to date.
 * @throws GatewayError STATE_FAILED; then nothing is changed.
 */
export async function openDatabase(dialect: Dialect): Promise<Database> {
  const database = new Kysely<Schema>({ dialect })
  try {
    const migrator = new Migrator({
      db: database,
      provider: { getMigrations: async () => ({ ...migrations }) },
    })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
    return database
  } catch (cause) {
    await database.destroy()
    // A database of a later version has migrations that this one does not know: Kysely's text names them.
    const why = `The database can not be brought up to date: ${messageOf(cause)}`
    throw new GatewayError('STATE_FAILED', why, { cause })
  }
}
