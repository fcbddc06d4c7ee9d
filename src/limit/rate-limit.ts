import type { ClientKey } from './client-key.ts'
import { TokenBucket } from './token-bucket.ts'

export type Rate = { burst: number; perSecond: number }

/** Clients that are remembered; the one that was longest away is forgotten first, and begins anew. */
const maxClients = 10_000

/** Bounds how often something happens, in all and for each client. */
export class RateLimit {
  readonly #all: TokenBucket
  readonly #each: Rate
  readonly #byClient = new Map<string, TokenBucket>()
  readonly #nowMs: () => number

  /**
   * @param share the part of the rate that one client may take.
   * @param nowMs a clock that never jumps.
   */
  constructor({ burst, perSecond }: Rate, share: number, nowMs: () => number = () => performance.now()) {
    this.#all = new TokenBucket(burst, perSecond, nowMs)
    this.#each = { burst: Math.max(1, burst * share), perSecond: perSecond * share }
    this.#nowMs = nowMs
  }

  /** Clients that are remembered. */
  get clients(): number {
    return this.#byClient.size
  }

  /** Whether it may happen now. What one client may not do takes nothing from the others. */
  take(client: ClientKey): boolean {
    return (client === null || this.#bucketOf(client).take()) && this.#all.take()
  }

  #bucketOf(client: string): TokenBucket {
    const known = this.#byClient.get(client)
    // Put at the end: maps keep the order of insertion.
    this.#byClient.delete(client)
    const bucket = known ?? new TokenBucket(this.#each.burst, this.#each.perSecond, this.#nowMs)
    this.#byClient.set(client, bucket)
    if (this.#byClient.size > maxClients) {
      for (const oldest of this.#byClient.keys()) {
        this.#byClient.delete(oldest)
        break
      }
    }
    return bucket
  }
}
