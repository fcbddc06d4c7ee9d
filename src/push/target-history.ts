import type { TargetErrorClass, TargetState } from './target-snapshot.ts'

export type TargetChange = {
  /** ISO time. */
  at: string
  state: TargetState
  /** Why, as a sentence or part of one. */
  reason: string
  errorClass: TargetErrorClass | null
}

const maxChanges = 30

/** The last changes of a target's state. It outlives the pushes of a broadcast. */
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
