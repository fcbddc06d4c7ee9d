import { GatewayError } from '../errors.ts'
import { Stage, type StageDependencies } from './stage.ts'

/** All stages by stream name. One exists from the first person until the last has left. */
export class Stages {
  readonly #dependencies: StageDependencies
  readonly #maxStages: number
  readonly #stages = new Map<string, Stage>()
  #closed = false

  /** @param maxStages open at the same time. */
  constructor(dependencies: StageDependencies, maxStages: number) {
    this.#dependencies = dependencies
    this.#maxStages = maxStages
  }

  get(streamName: string): Stage | undefined {
    return this.#stages.get(streamName)
  }

  /**
   * The stage of a stream, which is made when it is not there.
   * @throws GatewayError TOO_MANY_STREAMS, SHUTTING_DOWN
   */
  open(streamName: string): Stage {
    const known = this.#stages.get(streamName)
    if (known) return known
    if (this.#closed) throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down.')
    if (this.#stages.size >= this.#maxStages) {
      throw new GatewayError(
        'TOO_MANY_STREAMS',
        `The gateway has ${this.#maxStages} open stages, which is its limit (SLUICE_MAX_STAGES).`,
      )
    }
    const stage = new Stage(streamName, this.#dependencies, () => this.#close(stage))
    this.#stages.set(streamName, stage)
    return stage
  }

  /** Resolves when no process of any is left. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const stages = [...this.#stages.values()]
    this.#stages.clear()
    await Promise.all(stages.map((stage) => stage.close()))
  }

  #close(stage: Stage): void {
    if (this.#stages.get(stage.streamName) === stage) this.#stages.delete(stage.streamName)
    stage.close().catch((error: GatewayError) => {
      this.#dependencies.log.error({ err: error }, 'closing a stage failed')
    })
  }
}
