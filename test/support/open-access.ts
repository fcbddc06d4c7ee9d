import { Access, type AccessOptions } from '../../src/auth/access.ts'
import type { Cleanup } from '../../src/cleanup.ts'
import { accessConfigSchema } from '../../src/config/sections/access-config.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { memoryDialect } from '../../src/database/sqlite.ts'
import { createLog } from '../../src/log.ts'

/** A small part of the real cost, which takes a busy machine seconds. */
export const cheap = { N: 2, r: 8, p: 1 }

/** Access on a database in memory, in `required` mode unless told otherwise. */
export async function openAccess(
  cleanup: Cleanup,
  options: Partial<AccessOptions> & { settings?: Partial<AccessOptions['config']> } = {},
): Promise<Access & { database: Database }> {
  const { settings, ...others } = options
  const database = options.database ?? (await openDatabase(memoryDialect()))
  if (!options.database) cleanup.defer(() => database.destroy())
  const access = await Access.load({
    mode: 'required',
    passwordCost: cheap,
    config: { ...accessConfigSchema.parse({}), ...settings },
    log: createLog({ level: 'silent', pretty: false }),
    ...others,
    database,
  })
  cleanup.defer(() => access.close())
  return Object.assign(access, { database })
}
