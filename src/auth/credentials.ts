import type { Database } from '../database/database.ts'
import type { CredentialRow } from '../database/schema.ts'
import { GatewayError } from '../errors.ts'
import { type Principal, type TokenScope, tokenScopes } from './principal.ts'
import { hashSecret, newId, newSecret } from './secret.ts'

export type CredentialKind = 'key' | 'token'

/** A publish key or an API token, without its secret. */
export type Credential = {
  id: string
  kind: CredentialKind
  label: string
  /** Null: all streams. */
  stream: string | null
  /** Of a token; null for a key. */
  scope: TokenScope | null
  /** ISO times. */
  createdAt: string
  expiresAt: string | null
  usedAt: string | null
}

export type NewCredential = {
  kind: CredentialKind
  label: string
  stream: string | null
  scope: TokenScope | null
  expiresAt: string | null
}

/** Of one stream, or for all streams. */
const maxPerStream = 100
/** `usedAt` is written this often at the most. */
const usedEveryMs = 60_000

/** Publish keys and API tokens: secrets that are shown once, and kept as hashes. */
export class Credentials {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws GatewayError TOO_MANY_ENTRIES */
  async create(wanted: NewCredential): Promise<Credential & { secret: string }> {
    const present = await this.list(wanted.kind, wanted.stream)
    if (present.length >= maxPerStream) {
      throw new GatewayError('TOO_MANY_ENTRIES', `There are ${maxPerStream} already. Revoke one first.`)
    }
    const secret = newSecret(wanted.kind)
    const row: CredentialRow = {
      id: newId(),
      hash: hashSecret(secret),
      kind: wanted.kind,
      stream: wanted.stream,
      scope: wanted.scope ?? '',
      label: wanted.label,
      created_at: new Date().toISOString(),
      expires_at: wanted.expiresAt,
      used_at: null,
    }
    await this.#database.insertInto('credentials').values(row).execute()
    return { ...credentialOf(row), secret }
  }

  /** @param stream undefined for those of all streams and of each; null for those of all streams only. */
  async list(kind: CredentialKind, stream?: string | null): Promise<Credential[]> {
    let query = this.#database.selectFrom('credentials').selectAll().where('kind', '=', kind)
    if (stream === null) query = query.where('stream', 'is', null)
    else if (stream !== undefined) query = query.where('stream', '=', stream)
    return (await query.orderBy('id').execute()).map(credentialOf)
  }

  /** @throws GatewayError NOT_FOUND */
  async get(kind: CredentialKind, id: string): Promise<Credential> {
    const row = await this.#database
      .selectFrom('credentials')
      .selectAll()
      .where('kind', '=', kind)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row) return credentialOf(row)
    throw new GatewayError('NOT_FOUND', `There is no such ${kind}.`)
  }

  /** The principal that a secret stands for; undefined when it is unknown, revoked or expired. */
  async find(secret: string): Promise<Principal | undefined> {
    const row = await this.#valid('hash', hashSecret(secret))
    if (!row) return undefined
    const now = Date.now()
    if (row.used_at === null || now - Date.parse(row.used_at) > usedEveryMs) {
      await this.#database
        .updateTable('credentials')
        .set({ used_at: new Date(now).toISOString() })
        .where('id', '=', row.id)
        .execute()
    }
    return principalOf(credentialOf(row))
  }

  /** The same by its id: whether it is still good. */
  async findById(id: string): Promise<Principal | undefined> {
    const row = await this.#valid('id', id)
    return row && principalOf(credentialOf(row))
  }

  /** @throws GatewayError NOT_FOUND */
  async remove(kind: CredentialKind, id: string): Promise<void> {
    await this.get(kind, id)
    await this.#database.deleteFrom('credentials').where('id', '=', id).execute()
  }

  /**
   * Makes one that takes the place of another, which stays good until encoders were given the new one.
   * @throws GatewayError NOT_FOUND, TOO_MANY_ENTRIES
   */
  async rotate(
    kind: CredentialKind,
    id: string,
    overlapSeconds: number,
  ): Promise<Credential & { secret: string }> {
    const old = await this.get(kind, id)
    const created = await this.create({ ...old, expiresAt: null })
    const until = new Date(Date.now() + overlapSeconds * 1_000).toISOString()
    const expires = old.expiresAt !== null && old.expiresAt < until ? old.expiresAt : until
    await this.#database
      .updateTable('credentials')
      .set({ expires_at: expires })
      .where('id', '=', id)
      .execute()
    return created
  }

  async #valid(column: 'hash' | 'id', value: string): Promise<CredentialRow | undefined> {
    return await this.#database
      .selectFrom('credentials')
      .selectAll()
      .where(column, '=', value)
      .where((where) =>
        where.or([where('expires_at', 'is', null), where('expires_at', '>', new Date().toISOString())]),
      )
      .executeTakeFirst()
  }
}

function credentialOf(row: CredentialRow): Credential {
  return {
    id: row.id,
    kind: row.kind === 'key' ? 'key' : 'token',
    label: row.label,
    stream: row.stream,
    scope: tokenScopes.find((scope) => scope === row.scope) ?? null,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  }
}

function principalOf({ kind, id, label, stream, scope }: Credential): Principal | undefined {
  if (kind === 'key') return stream === null ? undefined : { kind, id, name: label, stream }
  return scope === null ? undefined : { kind, id, name: label, scope, stream }
}
