import type { Writable } from 'node:stream'
import type { Fragment } from './fragment.ts'
import { FragmentQueue, type QueueLimits } from './fragment-queue.ts'
import type { Muxer } from './muxer.ts'

/** How much may wait for a slow target. The bytes are 16 Mbit/s over these seconds. */
const queueLimits: QueueLimits = { maxSeconds: 8, maxBytes: 16 * 1024 * 1024 }

/**
 * Writes fragments to a process, one at a time: whatever it does not take at once waits in a queue with limits instead
 * of in the stream's own buffer, which has none. A fragment becomes bytes when its turn comes.
 */
export class StdinWriter {
  readonly #stdin: Writable
  readonly #muxer: Muxer
  readonly #queue = new FragmentQueue(queueLimits)
  #creditBytes = Number.POSITIVE_INFINITY
  #busy = false
  #ending = false

  constructor(stdin: Writable, muxer: Muxer) {
    this.#stdin = stdin
    this.#muxer = muxer
    this.#write(muxer.header)
  }

  /** Bytes that wait. */
  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** Fragments that were left out so far. */
  get dropped(): number {
    return this.#queue.dropped
  }

  /** The media in them. */
  get droppedSeconds(): number {
    return this.#queue.droppedSeconds
  }

  add(fragment: Fragment): void {
    this.#queue.add(fragment)
    this.#next()
  }

  /**
   * From now on, takes no more than so many bytes out of the queue until the next grant, up to one fragment: what the
   * process got can't be left out any more.
   */
  grant(bytes: number): void {
    this.#creditBytes = bytes
    this.#next()
  }

  /** Ends the process's input after what is queued. */
  end(): void {
    this.#ending = true
    this.#next()
  }

  /** Ends the process's input without what is queued. */
  abort(): void {
    this.#queue.clear()
    this.#stdin.end()
  }

  #next(): void {
    if (this.#busy || this.#stdin.writableEnded) return
    if (this.#creditBytes <= 0 && !this.#queue.empty) return
    const fragment = this.#queue.take()
    if (fragment) {
      const bytes = this.#muxer.mux(fragment)
      this.#creditBytes -= bytes.length
      this.#write(bytes)
    } else if (this.#ending) this.#stdin.end()
  }

  #write(bytes: Buffer): void {
    this.#busy = true
    this.#stdin.write(bytes, (error) => {
      this.#busy = false
      // After an error the process is ending, and its exit says why.
      if (!error) this.#next()
    })
  }
}
