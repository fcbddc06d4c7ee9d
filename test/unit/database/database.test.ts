import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { openDatabase } from '../../../src/database/database.ts'
import { databaseFileName, sqliteDialect } from '../../../src/database/sqlite.ts'

let cleanup: Cleanup
let directory: string

beforeEach(async () => {
  cleanup = new Cleanup()
  directory = await mkdtemp(join(tmpdir(), 'sluice-database-'))
  cleanup.defer(() => rm(directory, { recursive: true, force: true }))
})
afterEach(() => cleanup.run())

async function open() {
  const database = await openDatabase(sqliteDialect(join(directory, 'state')))
  const close = () => database.destroy()
  cleanup.defer(close)
  return { database, close }
}

describe('the database', () => {
  test('is a file that only its owner can read, and so is its journal', async () => {
    const { database } = await open()
    await database.insertInto('secrets').values({ name: 'one', value: 'x' }).execute()
    for (const name of [databaseFileName, `${databaseFileName}-wal`]) {
      expect((await stat(join(directory, 'state', name))).mode & 0o777, name).toBe(0o600)
    }
  })

  test('opens again with what it held, and makes its tables once', async () => {
    const first = await open()
    await first.database.insertInto('secrets').values({ name: 'one', value: 'x' }).execute()
    await first.close()
    const { database } = await open()
    expect(await database.selectFrom('secrets').selectAll().execute()).toEqual([{ name: 'one', value: 'x' }])
  })

  test('undoes a transaction that fails, and keeps others out of one', async () => {
    const { database } = await open()
    const failing = database.transaction().execute(async (transaction) => {
      await transaction.insertInto('secrets').values({ name: 'lost', value: 'x' }).execute()
      throw new Error('no')
    })
    const beside = database.insertInto('secrets').values({ name: 'kept', value: 'x' }).execute()
    await expect(failing).rejects.toThrow('no')
    await beside
    expect(await database.selectFrom('secrets').select('name').execute()).toEqual([{ name: 'kept' }])
  })

  test('is refused by a sentence when the file is something else, and left as it is', async () => {
    const path = join(directory, databaseFileName)
    await writeFile(path, 'this is a diary, not a database. '.repeat(40))
    expect(() => sqliteDialect(directory)).toThrow(/sluice\.db can not be opened/)
    expect((await stat(path)).size).toBe(1320)
  })
})
