import type { Database } from '../database/database.ts'
import { hashSecret, newSecret } from './secret.ts'
import { type User, Users } from './users.ts'

/** How long a browser stays signed in. */
export const sessionSeconds = 7 * 24 * 3600

/** Browsers that are signed in: what their cookies stand for. */
export class Sessions {
  readonly #database: Database
  readonly #users: Users

  constructor(database: Database, users: Users = new Users(database)) {
    this.#database = database
    this.#users = users
  }

  /** @returns the cookie's value. */
  async begin(userId: string): Promise<string> {
    const secret = newSecret('session')
    const now = Date.now()
    await this.#database
      .deleteFrom('sessions')
      .where('expires_at', '<=', new Date(now).toISOString())
      .execute()
    await this.#database
      .insertInto('sessions')
      .values({
        hash: hashSecret(secret),
        user_id: userId,
        created_at: new Date(now).toISOString(),
        expires_at: new Date(now + sessionSeconds * 1_000).toISOString(),
      })
      .execute()
    return secret
  }

  async find(secret: string): Promise<User | undefined> {
    const row = await this.#database
      .selectFrom('sessions')
      .select('user_id')
      .where('hash', '=', hashSecret(secret))
      .where('expires_at', '>', new Date().toISOString())
      .executeTakeFirst()
    const user = row && (await this.#users.find(row.user_id))
    return user?.disabled === false ? user : undefined
  }

  async end(secret: string): Promise<void> {
    await this.#database.deleteFrom('sessions').where('hash', '=', hashSecret(secret)).execute()
  }
}
