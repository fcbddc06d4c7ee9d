import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Action } from './authorize.ts'
import { type Principal, principalKey } from './principal.ts'

/** Something that goes on: a publication, a viewer by WebRTC. */
type Held = {
  principal: Principal
  action: Action
  stream: string
  /** Ends it. */
  end: (error: GatewayError) => void
}

export type HeldGrantsOptions = {
  /** Whether it would be granted now; resolves to the error when not. */
  recheck: (principal: Principal, action: Action, stream: string) => Promise<GatewayError | undefined>
  /** How many of one action a principal may hold at the same time. */
  limits: { publish: number; watch: number }
  log: Log
}

/** Credentials expire by themselves, and with another database may be revoked elsewhere. */
const recheckEveryMs = 1_000

/** What was granted and goes on: it ends when its grant does, at once or, for what expires, within a second. */
export class HeldGrants {
  readonly #options: HeldGrantsOptions
  readonly #held = new Set<Held>()
  #timer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #again = false

  constructor(options: HeldGrantsOptions) {
    this.#options = options
  }

  /**
   * @param end called once when the grant ended, not after the returned function.
   * @returns to be called when it is over.
   * @throws GatewayError TOO_MANY_STREAMS, TOO_MANY_VIEWERS: the principal has as many as it may.
   */
  hold(
    principal: Principal,
    action: 'publish' | 'watch',
    stream: string,
    end: (error: GatewayError) => void,
  ): () => void {
    const key = principalKey(principal)
    const limit = this.#options.limits[action]
    if (key !== null && this.count(key, action) >= limit) {
      throw action === 'publish'
        ? new GatewayError('TOO_MANY_STREAMS', `One user or key publishes ${limit} streams at a time.`)
        : new GatewayError('TOO_MANY_VIEWERS', `One user or token watches from ${limit} places at a time.`)
    }
    const held: Held = { principal, action, stream, end }
    this.#held.add(held)
    this.#timer ??= setInterval(() => this.recheck(), recheckEveryMs).unref()
    return () => this.#release(held)
  }

  count(key: string, action: Action): number {
    return [...this.#held].filter((held) => held.action === action && principalKey(held.principal) === key)
      .length
  }

  /** Something changed about who may do what. Resolves when what is not granted any more was ended. */
  recheck(): Promise<void> {
    if (this.#checking) {
      // It may have passed those already that the change is about.
      this.#again = true
      return this.#checking
    }
    this.#checking = this.#checkAll().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  close(): void {
    clearInterval(this.#timer)
    this.#held.clear()
  }

  async #checkAll(): Promise<void> {
    do {
      this.#again = false
      for (const held of [...this.#held]) await this.#check(held)
    } while (this.#again)
  }

  async #check(held: Held): Promise<void> {
    try {
      const refusal = await this.#options.recheck(held.principal, held.action, held.stream)
      if (!refusal || !this.#held.has(held)) return
      this.#release(held)
      held.end(refusal)
    } catch (error) {
      // The database is away: what goes on goes on.
      this.#options.log.error({ reason: messageOf(error) }, 'a grant could not be checked')
    }
  }

  #release(held: Held): void {
    this.#held.delete(held)
    if (this.#held.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
