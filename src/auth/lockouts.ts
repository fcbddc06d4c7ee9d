/** How many failures in a row are free, and how long the first wait after them is; each next one is twice as long. */
export type LockoutRule = { free: number; firstSeconds: number; longestSeconds: number }

export type Lockout = { of: string; failures: number /** ISO time. */; until: string }

type Entry = { failures: number; lastMs: number; untilMs: number }

/** Failures are forgotten after this long without another one. */
const forgetMs = 30 * 60_000
const maxEntries = 10_000

/** Counts failed attempts, by address or by account. A bounded table: the one that failed longest ago makes room. */
export class Lockouts {
  readonly #rule: LockoutRule
  readonly #nowMs: () => number
  readonly #entries = new Map<string, Entry>()

  constructor(rule: LockoutRule, nowMs: () => number = Date.now) {
    this.#rule = rule
    this.#nowMs = nowMs
  }

  /** Seconds to wait; 0 when there is nothing to wait for. */
  waitSeconds(of: string): number {
    const left = (this.#entries.get(of)?.untilMs ?? 0) - this.#nowMs()
    return left > 0 ? Math.ceil(left / 1_000) : 0
  }

  failed(of: string): void {
    const nowMs = this.#nowMs()
    const before = this.#entries.get(of)
    const failures = before && nowMs - before.lastMs < forgetMs ? before.failures + 1 : 1
    const { free, firstSeconds, longestSeconds } = this.#rule
    const seconds = failures < free ? 0 : Math.min(longestSeconds, firstSeconds * 2 ** (failures - free))
    this.#entries.delete(of)
    this.#entries.set(of, { failures, lastMs: nowMs, untilMs: nowMs + seconds * 1_000 })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest)
  }

  forget(of: string): boolean {
    return this.#entries.delete(of)
  }

  list(): Lockout[] {
    const nowMs = this.#nowMs()
    return [...this.#entries].flatMap(([of, { failures, untilMs }]) =>
      untilMs > nowMs ? [{ of, failures, until: new Date(untilMs).toISOString() }] : [],
    )
  }
}
