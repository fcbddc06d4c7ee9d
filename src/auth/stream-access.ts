import type { Database } from '../database/database.ts'
import { GatewayError } from '../errors.ts'
import { type Visibility, visibilities } from './authorize.ts'

/** Streams with a setting of their own. */
const maxStreams = 10_000

/** Who may watch which stream. Kept in memory: every playlist asks. */
export class StreamAccess {
  readonly #database: Database
  readonly #default: Visibility
  readonly #byStream: Map<string, Visibility>

  private constructor(database: Database, byDefault: Visibility, byStream: Map<string, Visibility>) {
    this.#database = database
    this.#default = byDefault
    this.#byStream = byStream
  }

  static async load(database: Database, byDefault: Visibility): Promise<StreamAccess> {
    const rows = await database.selectFrom('stream_access').selectAll().execute()
    const known = rows.flatMap(({ stream, visibility }): [string, Visibility][] => {
      const found = visibilities.find((each) => each === visibility)
      return found ? [[stream, found]] : []
    })
    return new StreamAccess(database, byDefault, new Map(known))
  }

  get(stream: string): Visibility {
    return this.#byStream.get(stream) ?? this.#default
  }

  /** Streams with a setting of their own. */
  list(): string[] {
    return [...this.#byStream.keys()].sort()
  }

  /** @throws GatewayError TOO_MANY_ENTRIES */
  async set(stream: string, visibility: Visibility): Promise<void> {
    if (!this.#byStream.has(stream) && this.#byStream.size >= maxStreams) {
      throw new GatewayError('TOO_MANY_ENTRIES', `The gateway keeps settings of ${maxStreams} streams.`)
    }
    await this.#database
      .insertInto('stream_access')
      .values({ stream, visibility })
      .onConflict((conflict) => conflict.column('stream').doUpdateSet({ visibility }))
      .execute()
    this.#byStream.set(stream, visibility)
  }
}
