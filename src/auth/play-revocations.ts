import type { Database } from '../database/database.ts'
import { GatewayError } from '../errors.ts'
import type { Principal } from './principal.ts'
import { newId } from './secret.ts'

type Player = Extract<Principal, { kind: 'player' }>

/** What of a stream's play tokens ends: one token by its `jti`, all of one subject, or all. */
export type RevocationTarget = { token: string } | { subject: string } | { all: true }

/** Play tokens live for at most so long, so that revocations need not be kept for ever. */
export const maxPlayTokenSeconds = 31 * 24 * 3600
const maxRevocations = 100_000

/** Play tokens that are good no more, although they have not expired. Kept in memory: every playlist asks. */
export class PlayRevocations {
  readonly #database: Database
  /** `stream kind value` → issued at that time or before: revoked. */
  readonly #revokedAtMs = new Map<string, number>()

  private constructor(database: Database) {
    this.#database = database
  }

  static async load(database: Database): Promise<PlayRevocations> {
    const now = new Date().toISOString()
    await database.deleteFrom('play_revocations').where('expires_at', '<=', now).execute()
    const revocations = new PlayRevocations(database)
    const rows = await database.selectFrom('play_revocations').selectAll().execute()
    for (const { stream, kind, value, revoked_at } of rows) {
      revocations.#remember(keyOf(stream, kind, value), Date.parse(revoked_at))
    }
    return revocations
  }

  /** @throws GatewayError TOO_MANY_ENTRIES: then only revoking all tokens of the stream still works. */
  async add(stream: string, target: RevocationTarget): Promise<void> {
    const [kind, value] =
      'token' in target
        ? ['token', target.token]
        : 'subject' in target
          ? ['subject', target.subject]
          : ['all', '']
    if (this.#revokedAtMs.size >= maxRevocations && kind !== 'all') {
      throw new GatewayError(
        'TOO_MANY_ENTRIES',
        'Too many revocations. Revoke all tokens of the stream instead.',
      )
    }
    const nowMs = Date.now()
    // In memory first: that is what players are checked against.
    this.#remember(keyOf(stream, kind, value), nowMs)
    await this.#database
      .insertInto('play_revocations')
      .values({
        ...{ id: newId(nowMs), stream, kind, value },
        revoked_at: new Date(nowMs).toISOString(),
        expires_at: new Date(nowMs + maxPlayTokenSeconds * 1_000).toISOString(),
      })
      .execute()
  }

  has({ stream, id, subject, issuedAtMs }: Player): boolean {
    if (this.#revokedAtMs.size === 0) return false
    const keys = [keyOf(stream, 'token', id), keyOf(stream, 'subject', subject), keyOf(stream, 'all', '')]
    return keys.some((key) => issuedAtMs <= (this.#revokedAtMs.get(key) ?? Number.NEGATIVE_INFINITY))
  }

  #remember(key: string, revokedAtMs: number): void {
    this.#revokedAtMs.set(key, Math.max(revokedAtMs, this.#revokedAtMs.get(key) ?? 0))
  }
}

/** A stream's name has no space. */
function keyOf(stream: string, kind: string, value: string): string {
  return `${stream} ${kind} ${value}`
}
