import type { Database } from '../database/database.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Principal, principalKey, principalName } from './principal.ts'
import { newId } from './secret.ts'

/** One line of the audit: who did what from where. */
export type AuditEntry = {
  id: string
  /** ISO time. */
  at: string
  /** `user:…`, `key:…`; null for none. */
  principal: string | null
  name: string
  address: string
  action: string
  stream: string | null
  /** More about it, without secrets. */
  detail: Record<string, string | number | boolean | null>
}

const keptDays = 90
const maxEntries = 100_000
const pruneEvery = 1_000

/** Who did what from where, in the log and in the database. Detail never holds a secret. */
export class Audit {
  readonly #database: Database
  readonly #log: Log
  #sincePruned = pruneEvery

  constructor(database: Database, log: Log) {
    this.#database = database
    this.#log = log
  }

  /** A line that can't be written is logged: what was done is done. */
  async record(
    principal: Principal,
    address: string,
    action: string,
    stream: string | null = null,
    detail: AuditEntry['detail'] = {},
  ): Promise<void> {
    const name = principalName(principal)
    const who = principalKey(principal)
    this.#log.info({ principal: who, name, address, action, stream, ...detail }, 'audit')
    const at = new Date()
    try {
      await this.#database
        .insertInto('audit')
        .values({
          ...{ id: newId(at.getTime()), at: at.toISOString(), principal: who ?? '', principal_name: name },
          ...{ address, action, stream, detail: JSON.stringify(detail) },
        })
        .execute()
      await this.#prune(at)
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'the audit could not be written')
    }
  }

  /** The newest first. @param before an entry's id: those older than it. */
  async list({ limit, before }: { limit: number; before?: string | undefined }): Promise<AuditEntry[]> {
    let query = this.#database.selectFrom('audit').selectAll()
    if (before !== undefined) query = query.where('id', '<', before)
    const rows = await query.orderBy('id', 'desc').limit(limit).execute()
    return rows.map(({ principal, principal_name: name, detail, ...row }) => ({
      ...row,
      principal: principal === '' ? null : principal,
      name,
      detail: JSON.parse(detail),
    }))
  }

  async #prune(now: Date): Promise<void> {
    this.#sincePruned += 1
    if (this.#sincePruned < pruneEvery) return
    this.#sincePruned = 0
    const oldest = new Date(now.getTime() - keptDays * 24 * 3600_000).toISOString()
    await this.#database.deleteFrom('audit').where('at', '<', oldest).execute()
    const last = await this.#database
      .selectFrom('audit')
      .select('id')
      .orderBy('id', 'desc')
      .offset(maxEntries)
      .limit(1)
      .executeTakeFirst()
    if (last) await this.#database.deleteFrom('audit').where('id', '<=', last.id).execute()
  }
}
