/** Runs tasks one after the other, in the order in which they came. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve()

  /** @returns what the task returns, or its failure, which keeps no later task from running. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(task)
    const settled = (): void => undefined
    this.#last = done.then(settled, settled)
    return done
  }
}
