import type { ClientKey } from './client-key.ts'

/** Why there is no place: there are too many in all, or too many of this client. */
export type Fullness = 'total' | 'client'

/** The part of a limit that one client may take; at least one. */
export function shareOf(total: number, share: number): number {
  return Math.max(1, Math.floor(total * share))
}

/** Bounds how many there are at a time, in all and of each client, so that one of them can't take every place. */
export class CountLimit {
  readonly #total: number
  readonly #each: number
  #count = 0
  /** As many entries as clients that have a place, so the total bounds it. */
  readonly #byClient = new Map<string, number>()

  /** @param limits places in all, and for each client. */
  constructor(limits: { total: number; each: number }) {
    this.#total = limits.total
    this.#each = limits.each
  }

  /** Occupied places. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes a place.
   * @param refusal makes the error to throw when there is none.
   * @returns gives the place back; calling it again changes nothing.
   */
  enter(client: ClientKey, refusal: (fullness: Fullness) => Error): () => void {
    if (this.#count >= this.#total) throw refusal('total')
    if (client !== null) {
      const own = this.#byClient.get(client) ?? 0
      if (own >= this.#each) throw refusal('client')
      this.#byClient.set(client, own + 1)
    }
    this.#count += 1
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#count -= 1
      if (client === null) return
      const left = (this.#byClient.get(client) ?? 1) - 1
      if (left > 0) this.#byClient.set(client, left)
      else this.#byClient.delete(client)
    }
  }
}
