type Undo = () => void | Promise<void>

/**
 * Undo stack: the creator of something defers its closing on the next line, and `run()` closes everything,
 * newest first. A failing undo does not keep the others from running.
 */
export class Cleanup {
  readonly #undos: Undo[] = []
  #running: Promise<void> | undefined

  /** True from the moment `run()` was called. */
  get closed(): boolean {
    return this.#running !== undefined
  }

  /**
   * Registers an undo. After `run()` was called it is run at once: a resource that came up while its
   * owner was closing must not be left behind.
   */
  defer(undo: Undo): void {
    if (this.#running) {
      this.#running = this.#running.then(undo)
      return
    }
    this.#undos.push(undo)
  }

  /**
   * Runs all undos once; further calls wait for the same end.
   * @throws AggregateError when undos failed, after all of them ran.
   */
  run(): Promise<void> {
    this.#running ??= this.#unwind()
    return this.#running
  }

  async #unwind(): Promise<void> {
    const failures: unknown[] = []
    for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) {
      try {
        await undo()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'cleaning up failed')
  }
}
