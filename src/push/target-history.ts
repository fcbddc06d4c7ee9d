import type { TargetChange } from '../streams/snapshot.ts'

const maxChanges = 30

/** The last changes of a target's state. It outlives the pushes of a session. */
export class TargetHistory {
  readonly #changes: TargetChange[] = []

  add(change: TargetChange): void {
    this.#changes.push(change)
    if (this.#changes.length > maxChanges) this.#changes.shift()
  }

  /** The newest last. */
  recent(): TargetChange[] {
    return [...this.#changes]
  }
}
