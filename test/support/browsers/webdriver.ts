import { setTimeout as delay } from 'node:timers/promises'

/** The key under which the protocol wraps an element (WebDriver section 12.1). */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf'

/** One browser session of the W3C WebDriver protocol: just what these tests need of it. */
export class WebDriver {
  readonly #url: string

  private constructor(url: string) {
    this.#url = url
  }

  /**
   * Opens a session, as soon as the driver listens.
   * @param driverUrl `http://127.0.0.1:PORT`
   * @throws Error with the driver's message when it refuses
   */
  static async open(driverUrl: string, alwaysMatch: Record<string, unknown>): Promise<WebDriver> {
    await untilListening(driverUrl)
    const session = await command(`${driverUrl}/session`, 'POST', { capabilities: { alwaysMatch } })
    if (!isRecord(session) || typeof session.sessionId !== 'string') throw new Error('no session id')
    return new WebDriver(`${driverUrl}/session/${session.sessionId}`)
  }

  /** Opens a page and waits until it has loaded. */
  async goto(url: string): Promise<void> {
    await command(`${this.#url}/url`, 'POST', { url })
  }

  /** Runs the body of a function in the page and returns what it returns, as JSON. */
  async evaluate(body: string): Promise<unknown> {
    return await command(`${this.#url}/execute/sync`, 'POST', { script: body, args: [] })
  }

  /** Clicks as a person does: scrolled into view, and the click counts as one of the person's. */
  async click(selector: string): Promise<void> {
    const using = { using: 'css selector', value: selector }
    const element = await command(`${this.#url}/element`, 'POST', using)
    if (!isRecord(element)) throw new Error(`no element ${selector}`)
    await command(`${this.#url}/element/${String(element[elementKey])}/click`, 'POST', {})
  }

  /** The window as a PNG. */
  async screenshot(): Promise<Buffer> {
    return Buffer.from(String(await command(`${this.#url}/screenshot`, 'GET')), 'base64')
  }

  async close(): Promise<void> {
    await command(this.#url, 'DELETE')
  }
}

async function untilListening(driverUrl: string): Promise<void> {
  const giveUpMs = Date.now() + 20_000
  for (;;) {
    try {
      await command(`${driverUrl}/status`, 'GET')
      return
    } catch (error) {
      if (Date.now() > giveUpMs) throw error
      await delay(50)
    }
  }
}

/** A page that answers later than this is frozen: an error then says more than the limit of the test. */
const answerWithinMs = 25_000

async function command(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(answerWithinMs),
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer: unknown = await response.json()
  const value = isRecord(answer) ? answer.value : undefined
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${JSON.stringify(value)}`)
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
