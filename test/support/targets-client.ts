import type { TargetDetails } from '../../src/targets/target-details.ts'

/** The targets' API of a stream, and everything that it ever answered. */
export class TargetsClient {
  readonly #url: string
  /** All answers, as text. */
  said = ''

  /** @param gatewayUrl `http://127.0.0.1:PORT` */
  constructor(gatewayUrl: string, stream: string) {
    this.#url = `${gatewayUrl}/api/streams/${stream}/targets`
  }

  async add(target: { name: string; url: string; key: string; kind?: string }): Promise<TargetDetails> {
    return await this.#ask('POST', '', target)
  }

  async get(name: string): Promise<TargetDetails> {
    return await this.#ask('GET', `/${name}`)
  }

  async remove(name: string): Promise<void> {
    await this.#ask('DELETE', `/${name}`)
  }

  async post(name: string, action: 'start' | 'stop' | 'retry'): Promise<TargetDetails> {
    return await this.#ask('POST', `/${name}/${action}`)
  }

  async #ask(method: string, path: string, body?: unknown): Promise<TargetDetails> {
    const json =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(`${this.#url}${path}`, { method, ...json })
    const text = await response.text()
    this.said += text
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text === '' ? 'null' : text)
  }
}
