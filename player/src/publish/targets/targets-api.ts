import type { TargetKind } from '../../../../src/config/target-kinds.ts'
import type { ErrorShape } from '../../../../src/errors.ts'
import type { TargetDetails } from '../../../../src/targets/target-details.ts'
import type { ServerClock } from '../../common/server-clock.ts'
import type { PublishKey } from '../connection/publish-key.ts'

const timeoutMs = 8000

export type NewTarget = { name: string; kind: TargetKind; url?: string; key: string }
export type TargetAction = 'start' | 'stop' | 'retry' | 'remove'

/** The gateway's restream targets of one stream. A rejected promise has a sentence for people. */
export class TargetsApi {
  readonly #path: string
  readonly #clock: ServerClock
  readonly #key: PublishKey

  constructor(stream: string, clock: ServerClock, key: PublishKey) {
    this.#key = key
    this.#path = `/api/streams/${encodeURIComponent(stream)}/targets`
    this.#clock = clock
  }

  async list(): Promise<TargetDetails[]> {
    const sentMs = Date.now()
    const response = await this.#ask('GET', '')
    this.#clock.observe(response, sentMs)
    const body: { targets: TargetDetails[] } = await response.json()
    return body.targets
  }

  async add(target: NewTarget): Promise<void> {
    await this.#ask('POST', '', target)
  }

  async act(name: string, action: TargetAction): Promise<void> {
    const path = `/${encodeURIComponent(name)}`
    if (action === 'remove') await this.#ask('DELETE', path)
    else await this.#ask('POST', `${path}/${action}`)
  }

  async #ask(method: string, path: string, body?: NewTarget): Promise<Response> {
    const type: Record<string, string> = body ? { 'content-type': 'application/json' } : {}
    const response = await fetch(`${this.#path}${path}`, {
      method,
      headers: { ...type, ...this.#key.headers },
      ...(body && { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new Error(await sentenceOf(response))
    return response
  }
}

async function sentenceOf(response: Response): Promise<string> {
  try {
    const { error }: { error: ErrorShape } = await response.json()
    return error.message
  } catch {
    // A proxy in between answers in its own way.
    return `The gateway answered ${response.status}.`
  }
}
