import type { StageNotice } from '../stage-protocol.ts'
import type { PersonSnapshot, StageSnapshot } from '../stage-snapshot.ts'

/**
 * Whether one person hears and sees another's tracks. The stage does not hear those behind it; those behind it hear
 * each other and the stage.
 */
export function mayReceive(listener: PersonSnapshot, sender: PersonSnapshot): boolean {
  if (listener.id === sender.id || listener.place === 'waiting' || sender.place === 'waiting') return false
  return sender.place === 'stage' || listener.place === 'backstage'
}

/** What a person may know of the room: who waits knows only their own place. */
export function snapshotFor(snapshot: StageSnapshot, { id, place }: PersonSnapshot): StageSnapshot {
  if (place !== 'waiting') return snapshot
  return {
    ...snapshot,
    people: snapshot.people.filter((person) => person.id === id),
    layout: { mode: 'auto', main: null, free: [] },
    banner: '',
    programme: { state: 'off', error: null, speaker: null },
  }
}

/** A notice for all of the room, as one person gets it; null: not at all. */
export function noticeFor(notice: StageNotice, { id, place }: PersonSnapshot): StageNotice | null {
  if (place !== 'waiting') return notice
  if (notice.type !== 'delta') return null
  const own = notice.delta.people?.[id]
  if (own === undefined) return null
  return { type: 'delta', delta: { revision: notice.delta.revision, people: { [id]: own } } }
}
