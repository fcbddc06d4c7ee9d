import { once } from 'node:events'
import { WebSocket } from 'ws'
import { z } from 'zod'

const messageSchema = z.object({
  id: z.number().nullish(),
  error: z.string().optional(),
  result: z.unknown(),
})
const contextSchema = z.object({ context: z.string() })
const evaluatedSchema = z.union([
  z.object({ type: z.literal('success'), result: z.object({ value: z.string().optional() }) }),
  z.object({ type: z.literal('exception'), exceptionDetails: z.object({ text: z.string() }) }),
])

type Waiting = { resolve: (result: unknown) => void; reject: (error: Error) => void }

/** A browser that is driven by the WebDriver BiDi protocol: just what these tests need of it. */
export class BidiBrowser {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#onMessage(String(data)))
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser went away'))
    })
  }

  /** @param url of the browser's BiDi socket, ending in `/session` */
  static async open(url: string): Promise<BidiBrowser> {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    const browser = new BidiBrowser(socket)
    await browser.command('session.new', { capabilities: {} })
    return browser
  }

  /** A page in a window of its own, so that no other page hides it. */
  async newPage(): Promise<BidiPage> {
    const answer = await this.command('browsingContext.create', { type: 'window' })
    return new BidiPage(this, contextSchema.parse(answer).context)
  }

  /**
   * Sends a command and returns the result.
   * @throws Error with the whole answer when the browser refuses
   */
  command(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId
      this.#nextId += 1
      this.#waiting.set(id, { resolve, reject })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  #onMessage(text: string): void {
    const { id, error, result } = messageSchema.parse(JSON.parse(text))
    const waiting = this.#waiting.get(id ?? 0)
    // Events have no id.
    if (waiting === undefined) return
    this.#waiting.delete(id ?? 0)
    if (error === undefined) waiting.resolve(result)
    else waiting.reject(new Error(text))
  }
}

/** One page of it. */
export class BidiPage {
  readonly #browser: BidiBrowser
  readonly #context: string

  constructor(browser: BidiBrowser, context: string) {
    this.#browser = browser
    this.#context = context
  }

  /** Opens an address and waits until it has loaded. */
  async goto(url: string): Promise<void> {
    await this.#browser.command('browsingContext.navigate', { context: this.#context, url, wait: 'complete' })
  }

  /**
   * Runs the body of a function in the page, as if the person had just clicked, and returns its result as JSON.
   * @throws Error with the page's message
   */
  async evaluate(body: string): Promise<unknown> {
    const answer = await this.#browser.command('script.evaluate', {
      expression: `JSON.stringify((() => { ${body} })())`,
      target: { context: this.#context },
      awaitPromise: false,
      userActivation: true,
    })
    const evaluated = evaluatedSchema.parse(answer)
    if (evaluated.type === 'exception') throw new Error(evaluated.exceptionDetails.text)
    const { value } = evaluated.result
    return value === undefined ? undefined : JSON.parse(value)
  }
}
