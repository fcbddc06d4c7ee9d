import { randomBytes } from 'node:crypto'
import type { PersonSnapshot, StageRole } from '../stage-snapshot.ts'

export type Person = PersonSnapshot & {
  /** Lets the same browser have its seat back. */
  seatToken: string
}

/** A person who comes in: hosts are backstage at once, guests wait. */
export function newPerson({ name, role }: { name: string; role: StageRole }): Person {
  return {
    id: randomBytes(6).toString('base64url'),
    name,
    role,
    place: role === 'guest' ? 'waiting' : 'backstage',
    connected: true,
    sources: [],
    muted: false,
    handAt: null,
    quality: null,
    seatToken: randomBytes(16).toString('base64url'),
  }
}

/** What others may know. */
export function publicPart({ seatToken: _, ...person }: Person): PersonSnapshot {
  return { ...person, sources: [...person.sources] }
}
