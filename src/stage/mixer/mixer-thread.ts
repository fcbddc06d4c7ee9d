import { Worker } from 'node:worker_threads'
import type { Log } from '../../log.ts'
import type { InputSpec } from './input.ts'
import type { MixerStats } from './mixer.ts'
import type { FromMixer, MixerThreadData, ToMixer } from './mixer-protocol.ts'
import type { Scene } from './scene.ts'

export type MixerThreadOptions = MixerThreadData & {
  onPacket: (packet: Extract<FromMixer, { type: 'packet' }>) => void
  /** The input's decoder listens, or will soon. */
  onInputStarted: (id: string, pid: number) => void
  onStats: (stats: MixerStats) => void
  /** Called once when the thread broke down. Not after `close()`. */
  onEnd: (error: Error) => void
  log: Log
}

/** The main thread's end of a mixer. */
export class MixerThread {
  readonly #worker: Worker
  /** ms since 1970 at which the programme's time is 0. */
  readonly startedAtMs: Promise<number>
  readonly #gone: Promise<void>
  #closing = false

  constructor({ onPacket, onInputStarted, onStats, onEnd, log, ...data }: MixerThreadOptions) {
    const begun = Promise.withResolvers<number>()
    // Nobody may be waiting for it when the thread breaks.
    begun.promise.catch(() => undefined)
    this.startedAtMs = begun.promise
    this.#worker = new Worker(new URL('./mixer-worker.ts', import.meta.url), { workerData: data })
    this.#worker.on('message', (message: FromMixer) => {
      if (message.type === 'packet') onPacket(message)
      else if (message.type === 'stats') onStats(message.stats)
      else if (message.type === 'input-started') onInputStarted(message.id, message.pid)
      else if (message.type === 'begun') begun.resolve(message.startedAtMs)
    })
    let failure: Error | undefined
    this.#worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
      log.error({ err: failure }, 'the mixer broke down')
    })
    this.#gone = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        resolve()
        const error = failure ?? new Error('the mixer ended by itself')
        begun.reject(error)
        if (!this.#closing) onEnd(error)
      })
    })
  }

  add(input: InputSpec): void {
    this.#send({ type: 'add', input })
  }

  remove(id: string): void {
    this.#send({ type: 'remove', id })
  }

  setFed(id: string, fed: boolean): void {
    this.#send({ type: 'fed', id, fed })
  }

  setScene(scene: Scene): void {
    this.#send({ type: 'scene', scene })
  }

  /** Resolves when the thread and its processes are gone. May be called twice. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      this.#send({ type: 'close' })
    }
    return this.#gone
  }

  #send(message: ToMixer): void {
    this.#worker.postMessage(message)
  }
}
