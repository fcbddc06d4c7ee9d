import { GatewayError } from '../../errors.ts'
import type { Layout } from '../layout.ts'
import type {
  PersonQuality,
  PersonSnapshot,
  Place,
  ProgrammeSnapshot,
  StageDelta,
  StageRole,
  StageSnapshot,
  StageSource,
} from '../stage-snapshot.ts'

import { newPerson, type Person, publicPart } from './person.ts'

const maxPeople = 50
/** Decoders of the mixer; also what a grid still shows well. */
export const maxOnStage = 9

/**
 * Who is in a stage's room, where, and what the programme shall look like: facts only, no media. Every change counts
 * the revision up and is given to the listener.
 */
export class Roster {
  readonly #stream: string
  readonly #onDelta: (delta: StageDelta) => void
  readonly #people = new Map<string, Person>()
  readonly #removedTokens = new Set<string>()
  #revision = 0
  #locked = false
  #password: string | null = null
  #layout: Layout = { mode: 'auto', main: null, free: [] }
  #banner = ''
  #programme: ProgrammeSnapshot = { state: 'off', error: null, speaker: null }

  constructor(stream: string, onDelta: (delta: StageDelta) => void) {
    this.#stream = stream
    this.#onDelta = onDelta
  }

  get programme(): ProgrammeSnapshot {
    return this.#programme
  }

  get people(): readonly PersonSnapshot[] {
    return [...this.#people.values()]
  }

  snapshot(): StageSnapshot {
    return {
      stream: this.#stream,
      revision: this.#revision,
      locked: this.#locked,
      hasPassword: this.#password !== null,
      people: [...this.#people.values()].map(publicPart),
      layout: { ...this.#layout, free: [...this.#layout.free] },
      banner: this.#banner,
      programme: this.#programme,
    }
  }

  /** @throws GatewayError NOT_FOUND */
  person(id: string): PersonSnapshot {
    return this.#find(id)
  }

  /**
   * The person whose seat this token is.
   * @throws GatewayError REMOVED
   */
  seated(seatToken: string | undefined): PersonSnapshot | undefined {
    if (seatToken !== undefined && this.#removedTokens.has(seatToken)) {
      throw new GatewayError('REMOVED', 'A host removed you from this room.')
    }
    return this.#bySeat(seatToken)
  }

  /**
   * A person comes in, or back into the seat whose token they show.
   * @throws GatewayError REMOVED, STAGE_LOCKED, TOO_MANY_PEOPLE
   */
  join(facts: { name: string; role: StageRole; seatToken?: string | undefined }): {
    id: string
    seatToken: string
    back: boolean
  } {
    this.seated(facts.seatToken)
    const seat = this.#bySeat(facts.seatToken)
    if (seat) {
      // What was sent on the connection before ended with it.
      this.#change(seat, { connected: true, name: facts.name, sources: [], quality: null })
      return { id: seat.id, seatToken: seat.seatToken, back: true }
    }
    if (this.#locked && facts.role === 'guest') {
      throw new GatewayError('STAGE_LOCKED', 'The room is locked. Ask a host to unlock it.')
    }
    if (this.#people.size >= maxPeople) {
      throw new GatewayError('TOO_MANY_PEOPLE', `The room has ${maxPeople} people, which is its limit.`)
    }
    const person = newPerson(facts)
    this.#people.set(person.id, person)
    this.#changed({ people: { [person.id]: publicPart(person) } })
    return { id: person.id, seatToken: person.seatToken, back: false }
  }

  /** The connection broke: the seat stays, nothing is sent from it. */
  disconnect(id: string): void {
    const person = this.#people.get(id)
    if (person) this.#change(person, { connected: false, sources: [], quality: null })
  }

  /** @param removed by a host: the seat's token is worth nothing from now on. */
  leave(id: string, removed = false): void {
    const person = this.#people.get(id)
    if (!person) return
    if (removed) this.#removedTokens.add(person.seatToken)
    this.#people.delete(id)
    this.#changed({ people: { [id]: null } })
  }

  /** @throws GatewayError NOT_FOUND, WRONG_STATE when the stage is full. */
  place(id: string, place: Place): void {
    const person = this.#find(id)
    const onStage = [...this.#people.values()].filter((each) => each.place === 'stage').length
    if (place === 'stage' && person.place !== 'stage' && onStage >= maxOnStage) {
      throw stageFull()
    }
    if (place === 'stage' && person.place !== 'stage') this.#toTheEnd(person)
    this.#change(person, { place })
  }

  /**
   * Places people and sets the layout in one step: all of it, or nothing.
   * @throws GatewayError NOT_FOUND, WRONG_STATE when more would be on stage than it holds.
   */
  direct(places: Readonly<Record<string, 'backstage' | 'stage'>>, layout: Layout): void {
    const moves = Object.entries(places)
    const after = new Map(this.people.map(({ id, place }) => [id, place]))
    for (const [id, place] of moves) after.set(this.#find(id).id, place)
    if ([...after.values()].filter((place) => place === 'stage').length > maxOnStage) throw stageFull()
    this.#layout = layout
    for (const [id, place] of moves) {
      const person = this.#find(id)
      if (place === 'stage' && person.place !== 'stage') this.#toTheEnd(person)
      person.place = place
    }
    const people = Object.fromEntries(moves.map(([id]) => [id, publicPart(this.#find(id))]))
    this.#changed({ layout: this.snapshot().layout, people })
  }

  setSource(id: string, source: StageSource, state: { paused: boolean } | null): void {
    const person = this.#people.get(id)
    if (!person) return
    const others = person.sources.filter((each) => each.source !== source)
    const sources = state ? [...others, { source, ...state }] : others
    this.#change(person, { sources })
  }

  setMuted(id: string, muted: boolean): void {
    this.#change(this.#find(id), { muted })
  }

  raiseHand(id: string, at: string | null): void {
    const person = this.#find(id)
    // Raising it twice does not lose the place in the queue.
    if (at === null || person.handAt === null) this.#change(person, { handAt: at })
  }

  setQuality(id: string, quality: PersonQuality): void {
    const person = this.#people.get(id)
    if (person?.connected && JSON.stringify(person.quality) !== JSON.stringify(quality)) {
      this.#change(person, { quality })
    }
  }

  setRole(id: string, role: StageRole): void {
    this.#change(this.#find(id), { role })
  }

  setLayout(layout: Layout): void {
    this.#layout = layout
    this.#changed({ layout: this.snapshot().layout })
  }

  setBanner(banner: string): void {
    this.#banner = banner
    this.#changed({ banner })
  }

  setLocked(locked: boolean): void {
    this.#locked = locked
    this.#changed({ locked })
  }

  /** @param password null: none is asked for. */
  setPassword(password: string | null): void {
    this.#password = password
    this.#changed({ hasPassword: password !== null })
  }

  get password(): string | null {
    return this.#password
  }

  setProgramme(programme: ProgrammeSnapshot): void {
    if (JSON.stringify(programme) === JSON.stringify(this.#programme)) return
    this.#programme = programme
    this.#changed({ programme })
  }

  /** Who comes on stage last stands last. */
  #toTheEnd(person: Person): void {
    this.#people.delete(person.id)
    this.#people.set(person.id, person)
  }

  #bySeat(token: string | undefined): Person | undefined {
    return [...this.#people.values()].find(({ seatToken }) => seatToken === token)
  }

  #find(id: string): Person {
    const person = this.#people.get(id)
    if (!person) throw new GatewayError('NOT_FOUND', 'This person is not in the room.')
    return person
  }

  #change(person: Person, changes: Partial<Omit<PersonSnapshot, 'id'>>): void {
    Object.assign(person, changes)
    this.#changed({ people: { [person.id]: publicPart(person) } })
  }

  #changed(changes: Omit<StageDelta, 'revision'>): void {
    this.#revision += 1
    this.#onDelta({ revision: this.#revision, ...changes })
  }
}

function stageFull(): GatewayError {
  return new GatewayError('WRONG_STATE', `There are ${maxOnStage} people on stage, which is its limit.`)
}
