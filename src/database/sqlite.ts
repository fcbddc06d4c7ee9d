import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteDialect, type SqliteStatement } from 'kysely'
import { GatewayError, messageOf } from '../errors.ts'

/** The file of the database in the state directory. */
export const databaseFileName = 'sluice.db'

/** How long a change waits while another process, a backup for one, holds the file. */
const busyMs = 5_000

/**
 * Node's own SQLite as a dialect of the query layer. The file holds stream keys, so only its owner may read it, as its
 * journal beside it, whose rights SQLite copies.
 * @throws GatewayError STATE_FAILED when the file can't be opened or is none of SQLite's.
 */
export function sqliteDialect(directory: string): Dialect {
  const path = join(directory, databaseFileName)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    // Made here first, because SQLite would make it readable for all.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    return dialectOf(opened(path))
  } catch (cause) {
    const why = `The database ${path} can not be opened: ${messageOf(cause)}`
    throw new GatewayError('STATE_FAILED', why, { cause })
  }
}

/** The same in memory, for tests. */
export function memoryDialect(): Dialect {
  return dialectOf(opened(':memory:'))
}

function opened(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyMs, enableForeignKeyConstraints: true })
  try {
    // Readers do not wait for a writer, and what is committed outlives a power cut.
    database.exec('pragma journal_mode = wal; pragma synchronous = full')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function dialectOf(database: DatabaseSync): Dialect {
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => statementOf(database.prepare(sql)),
    },
  })
}

function statementOf(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}

/** The schema's types hold only text, numbers and null; SQLite refuses anything else itself. */
function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[]
}
