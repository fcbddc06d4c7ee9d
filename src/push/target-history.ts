import { z } from 'zod'
import { targetErrorClassSchema, targetStateSchema } from './target-snapshot.ts'

export const targetChangeSchema = z
  .object({
    at: z.iso.datetime(),
    state: targetStateSchema,
    reason: z.string().describe('Why, as a sentence or part of one.'),
    errorClass: targetErrorClassSchema.nullable(),
  })
  .meta({ id: 'TargetChange' })

export type TargetChange = z.infer<typeof targetChangeSchema>

const maxChanges = 30

/** Told of each change, with those before it, the newest last. Does not throw. */
export type OnTargetChange = (change: TargetChange, before: readonly TargetChange[]) => void

/** The last changes of a target's state. It outlives the pushes of a broadcast. */
export class TargetHistory {
  readonly #changes: TargetChange[] = []
  readonly #onChange: OnTargetChange | undefined

  constructor(onChange?: OnTargetChange) {
    this.#onChange = onChange
  }

  add(change: TargetChange): void {
    this.#onChange?.(change, this.#changes)
    this.#changes.push(change)
    if (this.#changes.length > maxChanges) this.#changes.shift()
  }

  /** The newest last. */
  recent(): TargetChange[] {
    return [...this.#changes]
  }
}
