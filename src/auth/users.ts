import type { Database } from '../database/database.ts'
import type { UserRow } from '../database/schema.ts'
import { GatewayError } from '../errors.ts'
import { hashPassword, isPassword, type PasswordCost, passwordCost } from './password.ts'
import { type Principal, type Role, roles } from './principal.ts'
import { hashSecret, newId, newSecret } from './secret.ts'

/** A person as the API shows them. */
export type User = {
  id: string
  name: string
  /** May do everything. */
  operator: boolean
  disabled: boolean
  /** False until the link that sets it is used. */
  hasPassword: boolean
  roles: Record<string, Role>
  /** ISO time. */
  createdAt: string
}

/** A gateway has few; the bound keeps a mistaken script from filling the disk. */
export const maxUsers = 10_000

/** People with a name, a password and roles. */
export class Users {
  readonly #database: Database
  readonly #passwordCost: PasswordCost

  constructor(database: Database, cost: PasswordCost = passwordCost) {
    this.#database = database
    this.#passwordCost = cost
  }

  /** @throws GatewayError NAME_TAKEN, TOO_MANY_ENTRIES */
  async create({ name, operator }: { name: string; operator: boolean }): Promise<User> {
    const { total } = await this.#database
      .selectFrom('users')
      .select((select) => select.fn.countAll().as('total'))
      .executeTakeFirstOrThrow()
    if (Number(total) >= maxUsers) {
      throw new GatewayError('TOO_MANY_ENTRIES', `The gateway keeps ${maxUsers} users at the most.`)
    }
    const id = newId()
    const row: UserRow = {
      ...{ id, name, operator: Number(operator), disabled: 0, password_hash: null },
      created_at: new Date().toISOString(),
    }
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('users')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirstOrThrow()
    if (Number(numInsertedOrUpdatedRows) === 0) {
      throw new GatewayError('NAME_TAKEN', `There is a user named "${name}" already.`)
    }
    return userOf(row, [])
  }

  async list(): Promise<User[]> {
    const [rows, all] = await Promise.all([
      this.#database.selectFrom('users').selectAll().orderBy('name').execute(),
      this.#database.selectFrom('user_roles').selectAll().orderBy('stream').execute(),
    ])
    return rows.map((row) =>
      userOf(
        row,
        all.filter(({ user_id }) => user_id === row.id),
      ),
    )
  }

  /** @throws GatewayError NOT_FOUND */
  async get(id: string): Promise<User> {
    const user = await this.find(id)
    if (user) return user
    throw new GatewayError('NOT_FOUND', 'There is no such user.')
  }

  async find(id: string): Promise<User | undefined> {
    const row = await this.#database.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
    return row && (await this.#withRoles(row))
  }

  async hasOperator(): Promise<boolean> {
    const row = await this.#database
      .selectFrom('users')
      .select('id')
      .where('operator', '=', 1)
      .where('disabled', '=', 0)
      .where('password_hash', 'is not', null)
      .executeTakeFirst()
    return row !== undefined
  }

  async findByName(name: string): Promise<User | undefined> {
    const row = await this.#byName(name)
    return row && (await this.#withRoles(row))
  }

  /** Takes the same time for a name that does not exist. @throws GatewayError TOO_MANY_REQUESTS */
  async signIn(name: string, password: string): Promise<User | undefined> {
    const row = await this.#byName(name)
    const right = await isPassword(password, row?.password_hash ?? null, this.#passwordCost)
    return row && right && row.disabled === 0 ? await this.#withRoles(row) : undefined
  }

  /** Ends all sessions of the user. */
  async setPassword(id: string, password: string): Promise<void> {
    const hash = await hashPassword(password, this.#passwordCost)
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.updateTable('users').set({ password_hash: hash }).where('id', '=', id).execute()
      await transaction.deleteFrom('sessions').where('user_id', '=', id).execute()
      await transaction.deleteFrom('user_links').where('user_id', '=', id).execute()
    })
  }

  async update(id: string, changes: { operator?: boolean; disabled?: boolean }): Promise<void> {
    const set = Object.fromEntries(Object.entries(changes).map(([column, value]) => [column, Number(value)]))
    if (Object.keys(set).length === 0) return
    await this.#database.updateTable('users').set(set).where('id', '=', id).execute()
    if (changes.disabled) await this.#database.deleteFrom('sessions').where('user_id', '=', id).execute()
  }

  async remove(id: string): Promise<void> {
    await this.#database.deleteFrom('users').where('id', '=', id).execute()
  }

  /** @param role null takes it away. */
  async setRole(id: string, stream: string, role: Role | null): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom('user_roles')
        .where('user_id', '=', id)
        .where('stream', '=', stream)
        .execute()
      if (role !== null)
        await transaction.insertInto('user_roles').values({ user_id: id, stream, role }).execute()
    })
  }

  /** @returns the secret of a link by which the user sets a password, once; an earlier one is good no more. */
  async newLink(id: string, lifetimeSeconds: number): Promise<{ secret: string; expiresAt: string }> {
    const secret = newSecret('link')
    const expiresAt = new Date(Date.now() + lifetimeSeconds * 1_000).toISOString()
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('user_links').where('user_id', '=', id).execute()
      await transaction
        .insertInto('user_links')
        .values({ hash: hashSecret(secret), user_id: id, expires_at: expiresAt })
        .execute()
    })
    return { secret, expiresAt }
  }

  /** Sets the password of the link's user. @returns undefined when the link was used or has expired. */
  async useLink(secret: string, password: string): Promise<User | undefined> {
    const hash = hashSecret(secret)
    const link = await this.#database
      .selectFrom('user_links')
      .selectAll()
      .where('hash', '=', hash)
      .where('expires_at', '>', new Date().toISOString())
      .executeTakeFirst()
    if (!link) return undefined
    // Of two who use it at the same time, one deletes it.
    const { numDeletedRows } = await this.#database
      .deleteFrom('user_links')
      .where('hash', '=', hash)
      .executeTakeFirstOrThrow()
    if (Number(numDeletedRows) === 0) return undefined
    await this.setPassword(link.user_id, password)
    return await this.find(link.user_id)
  }

  async #byName(name: string): Promise<UserRow | undefined> {
    return await this.#database.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
  }

  async #withRoles(row: UserRow): Promise<User> {
    const ofUser = await this.#database
      .selectFrom('user_roles')
      .selectAll()
      .where('user_id', '=', row.id)
      .execute()
    return userOf(row, ofUser)
  }
}

export function principalOfUser({ id, name, operator, roles: ofUser }: User): Principal {
  if (operator) return { kind: 'operator', id, name }
  return { kind: 'user', id, name, roles: new Map(Object.entries(ofUser)) }
}

function userOf(row: UserRow, ofUser: readonly { stream: string; role: string }[]): User {
  return {
    id: row.id,
    name: row.name,
    operator: row.operator === 1,
    disabled: row.disabled === 1,
    hasPassword: row.password_hash !== null,
    roles: Object.fromEntries(
      ofUser.flatMap(({ stream, role }) => {
        const known = roles.find((each) => each === role)
        return known ? [[stream, known]] : []
      }),
    ),
    createdAt: row.created_at,
  }
}
