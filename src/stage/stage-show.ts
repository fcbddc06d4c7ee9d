import { type GatewayError, messageOf } from '../errors.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { MixerStats } from './mixer/mixer.ts'
import type { Programme, ProgrammeInput, ProgrammeOptions } from './programme.ts'
import type { Roster } from './room/roster.ts'
import { sceneOf } from './scene-of.ts'

/** What a programme is to a show. */
export type RunningProgramme = Pick<Programme, 'update' | 'close'>
export type ProgrammeStart = Pick<
  ProgrammeOptions,
  'streamName' | 'mediaRouter' | 'onStats' | 'onEnd' | 'log'
>

export type StageShowOptions = Pick<ProgrammeOptions, 'streamName' | 'mediaRouter' | 'log'> & {
  roster: Roster
  startProgramme: (options: ProgrammeStart) => Promise<RunningProgramme>
  /** Says why no programme can be mixed now; null: one can. */
  admits: () => GatewayError | null
  /** Cameras and screens of the people on stage. */
  inputs: () => readonly ProgrammeInput[]
  /** Loudness by person, 0 to 1. */
  onLevels: (levels: Record<string, number>) => void
}

/** Whether a stage's programme runs, and what it shows. */
export class StageShow {
  readonly #options: StageShowOptions
  /** Going live and ending follow one another. */
  readonly #queue = new SerialQueue()
  #programme: RunningProgramme | undefined
  #closed = false

  constructor(options: StageShowOptions) {
    this.#options = options
  }

  /**
   * Starts the show; nothing happens when it is on.
   * @throws GatewayError GATEWAY_BUSY, and what `Registry.publish` throws.
   */
  goLive(): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#programme || this.#closed) return
      const { roster, admits, startProgramme, streamName, mediaRouter, log } = this.#options
      const refusal = admits()
      if (refusal) throw refusal
      roster.setProgramme({ state: 'starting', error: null, speaker: null })
      try {
        this.#programme = await startProgramme({
          ...{ streamName, mediaRouter, log },
          onStats: (stats) => this.#onStats(stats),
          onEnd: (error) => this.#failed(error),
        })
      } catch (error) {
        roster.setProgramme({ state: 'failed', error: messageOf(error), speaker: null })
        throw error
      }
      roster.setProgramme({ state: 'live', error: null, speaker: null })
      this.refresh()
    })
  }

  /** Resolves when no process of the programme is left. */
  end(): Promise<void> {
    return this.#queue.run(async () => {
      const programme = this.#programme
      this.#programme = undefined
      await programme?.close()
      this.#options.roster.setProgramme({ state: 'off', error: null, speaker: null })
    })
  }

  /** Ends it for good. */
  close(): Promise<void> {
    this.#closed = true
    return this.end()
  }

  /** Brings the programme in line with the roster and the people's tracks. */
  refresh(): void {
    this.#programme?.update(this.#options.inputs(), sceneOf(this.#options.roster.snapshot()))
  }

  #onStats({ levels, speaker }: MixerStats): void {
    const { roster, onLevels } = this.#options
    onLevels(
      Object.fromEntries(
        Object.entries(levels).map(([id, level]) => [personOf(id), Math.round(level * 100) / 100]),
      ),
    )
    if (!this.#programme) return
    roster.setProgramme({ ...roster.programme, speaker: speaker === null ? null : personOf(speaker) })
  }

  #failed(error: GatewayError): void {
    this.#programme = undefined
    this.#options.roster.setProgramme({ state: 'failed', error: error.message, speaker: null })
  }
}

/** `PERSON:camera` → `PERSON` */
function personOf(inputId: string): string {
  return inputId.split(':')[0] ?? inputId
}
