import { beforeEach, describe, expect, test } from 'vitest'
import { applyDelta } from '../../../player/src/stage/room-state.ts'
import { ActiveSpeaker } from '../../../src/stage/active-speaker.ts'
import { Invites } from '../../../src/stage/invites.ts'
import { judgeQuality } from '../../../src/stage/room/person-quality.ts'
import { mayReceive } from '../../../src/stage/room/room-view.ts'
import { maxOnStage, Roster } from '../../../src/stage/room/roster.ts'
import { sceneOf } from '../../../src/stage/scene-of.ts'
import { stageDoor } from '../../../src/stage/stage-door.ts'
import type { PersonSnapshot, Place, StageDelta } from '../../../src/stage/stage-snapshot.ts'

let deltas: StageDelta[]
let roster: Roster
beforeEach(() => {
  deltas = []
  roster = new Roster('talk', (delta) => deltas.push(delta))
})

const code = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('the roster', () => {
  test('guests wait, hosts are in at once', () => {
    const host = roster.join({ name: 'Hanna', role: 'host' })
    const guest = roster.join({ name: 'Guido', role: 'guest' })
    expect([roster.person(host.id).place, roster.person(guest.id).place]).toEqual(['backstage', 'waiting'])
  })

  test('the deltas, one by one, give the snapshot; a missing one is noticed', () => {
    const before = roster.snapshot()
    const { id } = roster.join({ name: 'Guido', role: 'guest' })
    roster.place(id, 'stage')
    roster.setSource(id, 'camera', { paused: false })
    roster.setSource(id, 'camera', null)
    roster.raiseHand(id, '2026-01-01T00:00:00.000Z')
    roster.setLayout({ mode: 'grid', main: null, free: [] })
    roster.setBanner('News')
    roster.setLocked(true)
    roster.setPassword('secret')
    roster.setProgramme({ state: 'live', error: null, speaker: id })
    roster.join({ name: 'Hanna', role: 'host' })
    roster.leave(id)
    const after = deltas.reduce((room, delta) => applyDelta(room, delta) ?? room, before)
    expect(after).toEqual(roster.snapshot())
    expect(deltas.map(({ revision }) => revision)).toEqual(deltas.map((_, index) => index + 1))
    const [, second] = deltas
    expect(second && applyDelta(before, second)).toBeNull()
    expect(second && applyDelta(after, second)).toBe(after)
    expect(JSON.stringify(deltas)).not.toContain('secret')
  })

  test('nobody learns a seat token from a snapshot or a delta', () => {
    const { seatToken } = roster.join({ name: 'Guido', role: 'guest' })
    expect(JSON.stringify([roster.snapshot(), deltas])).not.toContain(seatToken)
  })

  test('a person who drops keeps the seat, and comes back into it by its token only', () => {
    const first = roster.join({ name: 'Guido', role: 'guest' })
    roster.place(first.id, 'stage')
    roster.disconnect(first.id)
    expect(roster.person(first.id)).toMatchObject({ connected: false, place: 'stage', sources: [] })
    expect(roster.join({ name: 'Guido', role: 'guest', seatToken: 'guessed' }).id).not.toBe(first.id)
    expect(roster.join({ name: 'Guido', role: 'guest', seatToken: first.seatToken })).toMatchObject({
      id: first.id,
      back: true,
    })
    expect(roster.person(first.id)).toMatchObject({ connected: true, place: 'stage' })
  })

  test('a removed person can not come back with the seat', () => {
    const { id, seatToken } = roster.join({ name: 'Guido', role: 'guest' })
    roster.leave(id, true)
    expect(code(() => roster.join({ name: 'Guido', role: 'guest', seatToken }))).toBe('REMOVED')
  })

  test('one who left by themselves can', () => {
    const { id, seatToken } = roster.join({ name: 'Guido', role: 'guest' })
    roster.leave(id)
    expect(code(() => roster.join({ name: 'Guido', role: 'guest', seatToken }))).toBe('none')
  })

  test('a locked room lets hosts in, and those who have a seat', () => {
    const { seatToken } = roster.join({ name: 'Guido', role: 'guest' })
    roster.setLocked(true)
    expect(code(() => roster.join({ name: 'Gina', role: 'guest' }))).toBe('STAGE_LOCKED')
    expect(code(() => roster.join({ name: 'Guido', role: 'guest', seatToken }))).toBe('none')
    expect(code(() => roster.join({ name: 'Hanna', role: 'host' }))).toBe('none')
  })

  test('a stage and a room have limits', () => {
    for (let count = 0; count < 50; count += 1) {
      const { id } = roster.join({ name: `P${count}`, role: 'guest' })
      if (count < maxOnStage) roster.place(id, 'stage')
      else if (count === maxOnStage) expect(code(() => roster.place(id, 'stage'))).toBe('WRONG_STATE')
    }
    expect(code(() => roster.join({ name: 'One more', role: 'guest' }))).toBe('TOO_MANY_PEOPLE')
  })

  test('people and layout change in one step, or not at all', () => {
    const people = Array.from(
      { length: maxOnStage + 1 },
      (_, index) => roster.join({ name: `P${index}`, role: 'guest' }).id,
    )
    const layout = { mode: 'speaker' as const, main: null, free: [] }
    const before = roster.snapshot()
    const all = Object.fromEntries(people.map((id) => [id, 'stage' as const]))
    expect(code(() => roster.direct(all, layout))).toBe('WRONG_STATE')
    expect(code(() => roster.direct({ [people[0] ?? '']: 'stage', gone: 'stage' }, layout))).toBe('NOT_FOUND')
    expect(roster.snapshot()).toEqual(before)
    const [first = '', second = ''] = people
    roster.direct({ [second]: 'stage', [first]: 'stage' }, layout)
    expect(roster.snapshot()).toMatchObject({ revision: before.revision + 1, layout })
    expect(roster.people.slice(-2).map(({ id, place }) => [id, place])).toEqual([
      [second, 'stage'],
      [first, 'stage'],
    ])
  })

  test('raising a hand twice keeps the place in the queue', () => {
    const { id } = roster.join({ name: 'Guido', role: 'guest' })
    roster.raiseHand(id, 'first')
    roster.raiseHand(id, 'second')
    expect(roster.person(id).handAt).toBe('first')
    roster.raiseHand(id, null)
    expect(roster.person(id).handAt).toBeNull()
  })

  test.each(['place', 'setMuted', 'raiseHand'] as const)('%s of one who is not there', (what) => {
    const ways = {
      place: () => roster.place('x', 'stage'),
      setMuted: () => roster.setMuted('x', true),
      raiseHand: () => roster.raiseHand('x', null),
    }
    expect(code(ways[what])).toBe('NOT_FOUND')
  })
})

function person(id: string, place: Place, more: Partial<PersonSnapshot> = {}): PersonSnapshot {
  const rest = { connected: true, sources: [], muted: false, handAt: null, quality: null }
  return { id, name: id.toUpperCase(), role: 'guest', place, ...rest, ...more }
}

test.each([
  ['stage', 'stage', true],
  ['stage', 'backstage', false],
  ['backstage', 'stage', true],
  ['backstage', 'backstage', true],
  ['waiting', 'stage', false],
  ['backstage', 'waiting', false],
] as const)('%s receives %s: %s', (listener, sender, expected) => {
  expect(mayReceive(person('a', listener), person('b', sender))).toBe(expected)
})

test('a person does not receive themselves', () => {
  expect(mayReceive(person('a', 'stage'), person('a', 'stage'))).toBe(false)
})

test('the scene shows and lets hear who is on stage, as far as they send and are not muted', () => {
  const on = (...names: string[]) => ({
    sources: names.map((name) => ({ source: name, paused: false })) as PersonSnapshot['sources'],
  })
  const people = [
    person('a', 'stage', on('camera', 'microphone', 'screen', 'screen-audio')),
    person('b', 'stage', { ...on('camera', 'microphone'), muted: true }),
    person('c', 'stage', {
      sources: [
        { source: 'microphone', paused: true },
        { source: 'screen', paused: true },
      ],
    }),
    person('d', 'backstage', on('camera', 'microphone')),
    person('e', 'waiting', on('camera', 'microphone')),
  ]
  const layout = { mode: 'auto' as const, main: null, free: [] }
  expect(sceneOf({ people, layout, banner: 'Hi' })).toEqual({
    tiles: [
      { id: 'a:screen', kind: 'screen', label: 'A' },
      { id: 'a:camera', kind: 'camera', label: 'A' },
      { id: 'b:camera', kind: 'camera', label: 'B' },
      { id: 'c:camera', kind: 'camera', label: 'C' },
    ],
    layout,
    gains: { 'a:camera': 1, 'a:screen': 1, 'b:camera': 0, 'b:screen': 0, 'c:camera': 0, 'c:screen': 0 },
    banner: 'Hi',
  })
})

test.each([
  [{ score: 10, roundTripMs: 20, lostShare: 0 }, 'excellent', ''],
  [{ score: 10, roundTripMs: null, lostShare: 0 }, 'excellent', ''],
  [{ score: 7, roundTripMs: 20, lostShare: 0 }, 'good', ''],
  [{ score: 10, roundTripMs: 250, lostShare: 0 }, 'good', ''],
  [{ score: 10, roundTripMs: 20, lostShare: 0.02 }, 'good', ''],
  [{ score: 4, roundTripMs: 20, lostShare: 0 }, 'poor', 'The connection loses packets.'],
  [{ score: 10, roundTripMs: 450, lostShare: 0 }, 'poor', 'Packets take 450 ms there and back.'],
  [{ score: 9, roundTripMs: 20, lostShare: 0.1 }, 'poor', '10 % of the packets are lost.'],
  [{ score: 0, roundTripMs: 20, lostShare: 0 }, 'lost', 'Nothing arrives.'],
])('%o is %s: %s', (facts, level, cause) => {
  expect(judgeQuality({ ...facts, bitrateBps: 123_456 })).toMatchObject({ level, cause, bitrateBps: 120_000 })
})

describe('the active speaker', () => {
  const run = (speaker: ActiveSpeaker, loud: Record<string, number>, fromMs: number, forMs: number) => {
    for (let ms = fromMs; ms < fromMs + forMs; ms += 33) speaker.tick(new Map(Object.entries(loud)), 33, ms)
  }
  test('the first who speaks is at once, the next one only when clearly louder for a while', () => {
    const speaker = new ActiveSpeaker()
    run(speaker, { a: 0, b: 0 }, 0, 500)
    expect(speaker.speaker).toBeNull()
    run(speaker, { a: 0.2, b: 0 }, 500, 100)
    expect(speaker.speaker).toBe('a')
    run(speaker, { a: 0.2, b: 0.25 }, 600, 4_000)
    expect(speaker.speaker).toBe('a')
    run(speaker, { a: 0, b: 0.3 }, 4_600, 300)
    expect(speaker.speaker).toBe('a')
    run(speaker, { a: 0, b: 0.3 }, 4_900, 1_500)
    expect(speaker.speaker).toBe('b')
  })
  test('a speaker stays for 2 s, and goes with the person', () => {
    const speaker = new ActiveSpeaker()
    run(speaker, { a: 0.2, b: 0 }, 0, 100)
    run(speaker, { a: 0, b: 0.9 }, 100, 1_800)
    expect(speaker.speaker).toBe('a')
    run(speaker, { a: 0, b: 0.9 }, 1_900, 400)
    expect(speaker.speaker).toBe('b')
    run(speaker, { a: 0 }, 2_300, 40)
    expect(speaker.speaker).not.toBe('b')
    expect([...speaker.levels.keys()]).toEqual(['a'])
  })
})

describe('the door', () => {
  const facts = { stream: 'talk', invites: new Invites(), password: () => null }
  test('in an open gateway it gives what is asked for', async () => {
    const door = stageDoor(facts)
    expect([await door({ as: 'host' }), await door({ as: 'guest' })]).toMatchObject([
      { role: 'host' },
      { role: 'guest' },
    ])
  })
  test('a password keeps guests out, and hosts need none', () => {
    const door = stageDoor({ ...facts, password: () => 'open sesame' })
    expect(door({ as: 'host' })).toEqual({ role: 'host', inviteId: null })
    expect(code(() => door({ as: 'guest' }))).toBe('NOT_INVITED')
    expect(code(() => door({ as: 'guest', password: 'open' }))).toBe('NOT_INVITED')
    expect(door({ as: 'guest', password: 'open sesame' })).toMatchObject({ role: 'guest' })
  })
  test('without a role only an invite opens, with its own role, as often as it may, until it ends', () => {
    const invites = new Invites()
    const door = stageDoor({ ...facts, invites, role: () => null })
    const { invite, token } = invites.create('talk', {
      role: 'cohost',
      label: 'Co',
      expiresAtMs: null,
      maxUses: 1,
    })
    expect(code(() => door({ as: 'host' }))).toBe('NOT_INVITED')
    expect(code(() => door({ as: 'guest', invite: 'guessed' }))).toBe('NOT_INVITED')
    expect(door({ as: 'guest', invite: token })).toEqual({ role: 'cohost', inviteId: invite.id })
    expect(invites.list('talk')).toEqual([{ ...invite, uses: 0 }])
    invites.use('talk', invite.id, 0)
    expect(code(() => door({ as: 'guest', invite: token }))).toBe('NOT_INVITED')
    expect(invites.list('talk')).toEqual([{ ...invite, uses: 1 }])
    const old = invites.create('talk', { role: 'guest', label: '', expiresAtMs: 1, maxUses: null })
    expect(code(() => door({ as: 'guest', invite: old.token }))).toBe('NOT_INVITED')
    invites.revoke('talk', invite.id)
    expect(code(() => invites.revoke('talk', invite.id))).toBe('NOT_FOUND')
    expect(JSON.stringify(invites.list('talk'))).not.toContain(token)
  })
  test('an invite of another stream does not open', () => {
    const invites = new Invites()
    const { token } = invites.create('other', { role: 'guest', label: '', expiresAtMs: null, maxUses: null })
    expect(code(() => stageDoor({ ...facts, invites })({ as: 'guest', invite: token }))).toBe('NOT_INVITED')
  })
})
