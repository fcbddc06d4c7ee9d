import { type TargetChange, TargetHistory } from '../push/target-history.ts'

/** Streams come and go under any name. */
const maxHistories = 1_000

/** A change of one target's state, and those before it, the newest last. */
export type TargetChanged = {
  stream: string
  target: string
  change: TargetChange
  before: readonly TargetChange[]
}

/** The histories of the targets of all streams; the one that was not used for the longest time is dropped first. */
export class TargetHistories {
  readonly #histories = new Map<string, TargetHistory>()
  readonly #onChange: (changed: TargetChanged) => void

  /** @param onChange told of each change of any target; does not throw. */
  constructor(onChange: (changed: TargetChanged) => void = () => undefined) {
    this.#onChange = onChange
  }

  /** The history of a target that is started: a new one if there is none. */
  open(stream: string, name: string): TargetHistory {
    const key = keyOf(stream, name)
    const history = this.#histories.get(key) ?? this.#create(stream, name)
    // Moved to the end: the first is the one that was not used for the longest time.
    this.#histories.delete(key)
    this.#histories.set(key, history)
    const [oldest] = this.#histories.keys()
    if (this.#histories.size > maxHistories && oldest !== undefined) this.#histories.delete(oldest)
    return history
  }

  #create(stream: string, target: string): TargetHistory {
    return new TargetHistory((change, before) => this.#onChange({ stream, target, change, before }))
  }

  get(stream: string, name: string): TargetHistory | undefined {
    return this.#histories.get(keyOf(stream, name))
  }

  delete(stream: string, name: string): void {
    this.#histories.delete(keyOf(stream, name))
  }
}

/** A stream's name has no slash. */
function keyOf(stream: string, name: string): string {
  return `${stream}/${name}`
}
