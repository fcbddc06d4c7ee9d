/** Runs asynchronous tasks one after the other, in the order in which they were asked for. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task)
    // The caller of that task gets its failure; the next one runs all the same.
    this.#tail = result.catch((error: unknown) => console.debug('A queued task failed', error))
    return result
  }
}
