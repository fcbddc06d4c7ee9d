import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import type { ServerClock } from './server-clock.ts'

const timeoutMs = 8000

/** Reads the gateway's REST answers. A rejected promise means that the gateway cannot be reached or is ill. */
export class StreamApi {
  readonly #clock: ServerClock

  constructor(clock: ServerClock) {
    this.#clock = clock
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
    const response = await this.#get(`/api/streams/${encodeURIComponent(name)}`)
    if (response.status === 404) return null
    if (!response.ok) throw new Error(`The gateway answered ${response.status}`)
    const snapshot: StreamSnapshot = await response.json()
    return snapshot
  }

  async #get(path: string): Promise<Response> {
    const sentMs = Date.now()
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(timeoutMs) })
    this.#clock.observe(response, sentMs)
    return response
  }
}
