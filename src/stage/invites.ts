import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { roleSchema, type StageRole } from './stage-snapshot.ts'

const maxInvites = 200

export type InviteSpec = {
  role: StageRole
  label: string
  /** ms since 1970; null: it does not expire. */
  expiresAtMs: number | null
  /** How often it lets somebody in; null: without limit. */
  maxUses: number | null
}

export const inviteSchema = z
  .object({
    id: z.string(),
    role: roleSchema,
    label: z.string(),
    expiresAt: z.string().nullable().describe('ISO time.'),
    maxUses: z.number().nullable(),
    uses: z.number(),
  })
  .meta({ id: 'StageInvite' })
export type InviteSnapshot = z.infer<typeof inviteSchema>

type Invite = InviteSpec & { id: string; hash: Buffer; uses: number }

/** Links that let people into a stage's room, by stream. Tokens are kept as hashes only. */
export class Invites {
  readonly #byStream = new Map<string, Map<string, Invite>>()

  /**
   * @returns the token, which is shown only now.
   * @throws GatewayError TOO_MANY_REQUESTS when the stream has too many.
   */
  create(stream: string, spec: InviteSpec): { invite: InviteSnapshot; token: string } {
    const invites = this.#byStream.get(stream) ?? new Map<string, Invite>()
    if (invites.size >= maxInvites) {
      throw new GatewayError('TOO_MANY_REQUESTS', `A stream has ${maxInvites} invites at most. Revoke one.`)
    }
    this.#byStream.set(stream, invites)
    const token = randomBytes(24).toString('base64url')
    const invite = { ...spec, id: randomBytes(6).toString('base64url'), hash: hashOf(token), uses: 0 }
    invites.set(invite.id, invite)
    return { invite: snapshotOf(invite), token }
  }

  list(stream: string): InviteSnapshot[] {
    return [...(this.#byStream.get(stream)?.values() ?? [])].map(snapshotOf)
  }

  /** @throws GatewayError NOT_FOUND */
  revoke(stream: string, id: string): void {
    const invites = this.#byStream.get(stream)
    if (!invites?.delete(id)) throw new GatewayError('NOT_FOUND', 'There is no such invite.')
    if (invites.size === 0) this.#byStream.delete(stream)
  }

  /**
   * The invite of a token, which is not used by that.
   * @throws GatewayError NOT_INVITED when it is not known, used up or expired.
   */
  find(stream: string, token: string, nowMs: number): { id: string; role: StageRole } {
    const hash = hashOf(token)
    const invites = [...(this.#byStream.get(stream)?.values() ?? [])]
    const { id, role } = checked(
      invites.find((each) => timingSafeEqual(each.hash, hash)),
      nowMs,
    )
    return { id, role }
  }

  /**
   * Uses an invite once: its person is about to come in.
   * @throws GatewayError NOT_INVITED when it was used up or revoked meanwhile, or expired.
   */
  use(stream: string, id: string, nowMs: number): void {
    checked(this.#byStream.get(stream)?.get(id), nowMs).uses += 1
  }

  /**
   * A host removed a person who came by this invite. It is revoked when it was for one person, or gives more than a
   * guest's role. A guests' link for several stays: a person who comes by it again waits until a host lets them in.
   */
  personRemoved(stream: string, id: string): void {
    const invite = this.#byStream.get(stream)?.get(id)
    if (invite && (invite.maxUses === 1 || invite.role !== 'guest')) this.revoke(stream, id)
  }
}

/** @throws GatewayError NOT_INVITED */
function checked(invite: Invite | undefined, nowMs: number): Invite {
  if (!invite)
    throw new GatewayError('NOT_INVITED', 'This invite is not valid, or was revoked. Ask for another.')
  if (invite.expiresAtMs !== null && nowMs > invite.expiresAtMs) {
    throw new GatewayError('NOT_INVITED', 'This invite has expired. Ask for another.')
  }
  if (invite.maxUses !== null && invite.uses >= invite.maxUses) {
    throw new GatewayError('NOT_INVITED', 'This invite was used already. Ask for another.')
  }
  return invite
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function snapshotOf({ id, role, label, expiresAtMs, maxUses, uses }: Invite): InviteSnapshot {
  const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString()
  return { id, role, label, expiresAt, maxUses, uses }
}
