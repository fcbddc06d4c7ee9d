import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { hashSecret } from './secret.ts'

/** What a decision is asked for with: the body of the request. */
export type AccessQuestion = {
  action: 'publish' | 'watch'
  stream: string
  /** First part of the path: whip, whep, api; `websocket` of the publish page. */
  protocol: string
  ip: string
  /** The bearer token; null without one. */
  token: string | null
  userAgent: string | null
}

/** unknown: the service could not be asked. */
export type AccessDecision = 'allowed' | 'refused' | 'unknown'

export type AccessCallbackOptions = {
  url: string
  timeoutSeconds: number
  /** How long a decision holds for the same question. */
  cacheSeconds: number
  log: Log
}

type Entry = { decision: Promise<AccessDecision>; untilMs: number }

/** Questions whose answer is kept, and those that are asked at the same time: an attack must not become another one. */
const maxEntries = 10_000
const maxAsking = 100
/** A service that can't be asked is asked again after this time. */
const unknownMs = 1_000

/**
 * A service of the operator's that decides where the gateway itself would refuse. It is asked by POST; only 2xx allows.
 * The operator wrote its address into the configuration, so the address rules of targets are not for it.
 */
export class AccessCallback {
  readonly #options: AccessCallbackOptions
  readonly #entries = new Map<string, Entry>()
  #asking = 0

  constructor(options: AccessCallbackOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async ask(question: AccessQuestion): Promise<AccessDecision> {
    // Tokens are not kept.
    const key = hashSecret(JSON.stringify(question))
    const kept = this.#entries.get(key)
    if (kept && kept.untilMs > Date.now()) return await kept.decision
    if (this.#asking >= maxAsking) return 'unknown'
    const entry: Entry = { decision: this.#post(question), untilMs: Number.POSITIVE_INFINITY }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest)
    const decision = await entry.decision
    const keptMs = decision === 'unknown' ? unknownMs : this.#options.cacheSeconds * 1_000
    entry.untilMs = Date.now() + keptMs
    return decision
  }

  async #post(question: AccessQuestion): Promise<AccessDecision> {
    const { url, timeoutSeconds, log } = this.#options
    this.#asking += 1
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(question),
        // A redirect is no 2xx; where it leads to the operator did not write.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutSeconds * 1_000),
      })
      await answer.body?.cancel()
      return answer.ok ? 'allowed' : answer.status >= 500 ? 'unknown' : 'refused'
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'the access callback could not be asked')
      return 'unknown'
    } finally {
      this.#asking -= 1
    }
  }
}
