import type { StageDelta, StageSnapshot } from '../../../src/stage/stage-snapshot.ts'

/** The room after a change; null when changes before it are missing, so that a snapshot has to be asked for. */
export function applyDelta(snapshot: StageSnapshot, delta: StageDelta): StageSnapshot | null {
  if (delta.revision <= snapshot.revision) return snapshot
  if (delta.revision !== snapshot.revision + 1) return null
  const { people, ...rest } = delta
  const changed = people ?? {}
  const kept = snapshot.people.flatMap((person) => {
    const now = changed[person.id]
    return now === undefined ? [person] : now === null ? [] : [now]
  })
  const known = new Set(snapshot.people.map(({ id }) => id))
  const added = Object.entries(changed).flatMap(([id, person]) => (person && !known.has(id) ? [person] : []))
  return { ...snapshot, ...rest, people: [...kept, ...added] }
}
