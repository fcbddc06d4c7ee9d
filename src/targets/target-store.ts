import type { TargetConfig } from '../config/target-config.ts'
import { targetKinds } from '../config/target-kinds.ts'
import type { Database } from '../database/database.ts'
import { GatewayError } from '../errors.ts'
import type { StoredTargets } from './stored-targets.ts'

/** The targets that the API added, in the database. */
export class TargetStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns what was saved last. */
  async load(): Promise<StoredTargets> {
    const [targetRows, switchRows] = await Promise.all([
      this.#database.selectFrom('targets').selectAll().orderBy('stream').orderBy('position').execute(),
      this.#database.selectFrom('target_switches').selectAll().orderBy('stream').orderBy('name').execute(),
    ])
    const targets = Map.groupBy(targetRows, ({ stream }) => stream)
    const switched = Map.groupBy(switchRows, ({ stream }) => stream)
    return {
      targets: new Map([...targets].map(([stream, rows]) => [stream, rows.map(targetOf)])),
      switched: new Map(
        [...switched].map(([stream, rows]) => [
          stream,
          new Map(rows.map(({ name, enabled }) => [name, enabled === 1])),
        ]),
      ),
    }
  }

  /** @throws GatewayError STATE_FAILED, its cause for the log; then what was saved before still stands. */
  async save({ targets, switched }: StoredTargets): Promise<void> {
    const targetRows = [...targets].flatMap(([stream, list]) =>
      list.map(({ enabled, ...target }, position) => ({
        stream,
        position,
        ...target,
        enabled: Number(enabled),
      })),
    )
    const switchRows = [...switched].flatMap(([stream, names]) =>
      [...names].map(([name, enabled]) => ({ stream, name, enabled: Number(enabled) })),
    )
    try {
      // Some hundred rows at the most: all of them again is simpler than what changed.
      await this.#database.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('targets').execute()
        await transaction.deleteFrom('target_switches').execute()
        for (const row of targetRows) await transaction.insertInto('targets').values(row).execute()
        for (const row of switchRows) await transaction.insertInto('target_switches').values(row).execute()
      })
    } catch (cause) {
      // API users need not know the gateway's paths; the log tells the cause.
      throw new GatewayError('STATE_FAILED', 'The change could not be saved, so nothing was changed.', {
        cause,
      })
    }
  }
}

function targetOf(row: {
  name: string
  kind: string
  url: string
  key: string
  enabled: number
}): TargetConfig {
  const { name, url, key, enabled } = row
  return {
    name,
    url,
    key,
    kind: targetKinds.find((kind) => kind === row.kind) ?? 'rtmp',
    enabled: enabled === 1,
  }
}
