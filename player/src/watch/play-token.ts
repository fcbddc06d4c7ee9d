import { takeFragment } from '../common/take-fragment.ts'
import { tokenPath } from './token-path.ts'

type Issued = { token: string; expiresAt: string }

const timeoutMs = 8000
/** A token is renewed when this part of its life is over. */
const renewAfter = 0.6
/** Timers of browsers can't wait longer than this. */
const longestWaitMs = 24 * 3600_000

/**
 * The play token of a private stream: from the page's link, or for the role that the browser is signed in with. It is
 * renewed for as long as its issuer allows.
 */
export class PlayToken {
  readonly #api: string
  readonly #name: string
  readonly #storage: Storage
  #value: string | null
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param storage keeps it over a reload of the tab. */
  constructor(stream: string, storage: Storage) {
    this.#api = `/api/streams/${stream}/play-tokens`
    this.#name = `sluice:play:${stream}`
    this.#storage = storage
    const linked = takeFragment('token')
    this.#value = linked ?? storage.getItem(this.#name)
    if (linked !== null) storage.setItem(this.#name, linked)
    if (this.#value !== null) this.#renewLater(expiryMs(this.#value))
  }

  /** For requests to the API and WHEP. */
  get headers(): Record<string, string> {
    return this.#value === null ? {} : { authorization: `Bearer ${this.#value}` }
  }

  /** The address of a playlist or media file with the present token. @param url without a token, or with an earlier one. */
  path(url: string): string {
    return tokenPath(url, this.#value)
  }

  /** The gateway refused: what this browser is signed in with may get a token. @returns whether there is a new one. */
  async ask(): Promise<boolean> {
    this.#keep(null)
    return await this.#fetch('', {})
  }

  async #renew(): Promise<void> {
    if (!(await this.#fetch('/renew', this.headers))) await this.ask()
  }

  async #fetch(path: string, headers: Record<string, string>): Promise<boolean> {
    const response = await fetch(this.#api + path, {
      method: 'POST',
      headers,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) return false
    const { token, expiresAt }: Issued = await response.json()
    this.#keep(token)
    this.#renewLater(Date.parse(expiresAt))
    return true
  }

  #keep(token: string | null): void {
    this.#value = token
    if (token === null) this.#storage.removeItem(this.#name)
    else this.#storage.setItem(this.#name, token)
  }

  #renewLater(expiresMs: number): void {
    clearTimeout(this.#timer)
    const waitMs = Math.max(1_000, Math.min((expiresMs - Date.now()) * renewAfter, longestWaitMs))
    this.#timer = setTimeout(() => {
      this.#renew().catch((error: unknown) => console.warn('The play token could not be renewed', error))
    }, waitMs)
  }
}

/** When a token expires, in ms; soon for one that can't be read: the gateway says what is wrong with it. */
function expiryMs(token: string): number {
  try {
    const claims: unknown = JSON.parse(
      atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
    )
    if (typeof claims === 'object' && claims !== null && 'exp' in claims) return Number(claims.exp) * 1_000
  } catch (error) {
    console.warn('The play token can not be read', error)
  }
  return Date.now()
}
