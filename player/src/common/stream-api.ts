import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import type { ServerClock } from './server-clock.ts'

const timeoutMs = 8000

/** What a private stream is asked for with. `ask` gets another one, and tells whether there is one. */
type Credential = { readonly headers: Record<string, string>; ask(): Promise<boolean> }

/** Reads the gateway's REST answers. A rejected promise means that the gateway cannot be reached or is ill. */
export class StreamApi {
  readonly #clock: ServerClock
  readonly #token: Credential | null

  /** @param token of a private stream; home asks for what all may see, or the session's own. */
  constructor(clock: ServerClock, token: Credential | null = null) {
    this.#clock = clock
    this.#token = token
  }

  /** Every stream that the gateway knows. */
  async list(): Promise<StreamSnapshot[]> {
    const response = await this.#get('/api/streams')
    if (!response.ok) throw new Error(`The gateway answered ${response.status}`)
    const body: { streams: StreamSnapshot[] } = await response.json()
    return body.streams
  }

  /** One stream, or null when the gateway does not know it. */
  async find(name: string): Promise<StreamSnapshot | null> {
    const path = `/api/streams/${encodeURIComponent(name)}`
    let response = await this.#get(path)
    const refused = response.status === 401 || response.status === 403
    if (refused && (await this.#token?.ask())) response = await this.#get(path)
    if (response.status === 404) return null
    if (!response.ok) throw new Error(`The gateway answered ${response.status}`)
    const snapshot: StreamSnapshot = await response.json()
    return snapshot
  }

  async #get(path: string): Promise<Response> {
    const sentMs = Date.now()
    const response = await fetch(path, {
      cache: 'no-store',
      headers: this.#token?.headers ?? {},
      signal: AbortSignal.timeout(timeoutMs),
    })
    this.#clock.observe(response, sentMs)
    return response
  }
}
