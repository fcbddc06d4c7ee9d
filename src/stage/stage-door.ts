import { createHash, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import type { Invites } from './invites.ts'
import type { StageRole } from './stage-snapshot.ts'

/** As what a person may come in. `inviteId` has to be used when they do. */
export type Entry = { role: StageRole; inviteId: string | null }

/** Decides as what somebody may come in; it changes nothing. @throws GatewayError NOT_INVITED */
export type StageDoor = (facts: {
  as: 'host' | 'guest'
  invite?: string | undefined
  password?: string | undefined
}) => Promise<Entry> | Entry

export type DoorFacts = {
  stream: string
  invites: Invites
  /** The room's password at this moment; null: none. */
  password: () => string | null
  /** Role by who asks; null: none, so only an invite or the password opens. Default: everybody, as they ask. */
  role?: (as: 'host' | 'guest') => 'host' | 'guest' | null
}

/** Who comes into a room: by an invite, by who they are, or by the room's password. */
export function stageDoor({ stream, invites, password, role = (as) => as }: DoorFacts): StageDoor {
  return ({ as, invite, password: given }) => {
    if (invite !== undefined) {
      const { id, role } = invites.find(stream, invite, Date.now())
      return { role, inviteId: id }
    }
    const own = role(as)
    if (own === 'host') return { role: own, inviteId: null }
    const wanted = password()
    if (wanted !== null) {
      if (given !== undefined && same(given, wanted)) return { role: 'guest', inviteId: null }
      throw new GatewayError(
        'NOT_INVITED',
        given === undefined ? 'The room has a password.' : 'The password is wrong.',
      )
    }
    if (own === null) throw new GatewayError('NOT_INVITED', 'You need an invite for this room.')
    return { role: own, inviteId: null }
  }
}

/** Takes the same time wherever the first difference is. */
function same(first: string, second: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(first), hash(second))
}
