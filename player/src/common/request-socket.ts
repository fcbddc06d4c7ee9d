import type { ErrorShape } from '../../../src/errors.ts'

/** A request that the gateway refused, or that got no answer. `code` is the gateway's, if it gave one. */
export class RequestError extends Error {
  readonly code: string | null

  constructor(message: string, code: string | null = null) {
    super(message)
    this.name = 'RequestError'
    this.code = code
  }
}

type Reply =
  | { id: number | null; ok: true; data: unknown }
  | { id: number | null; ok: false; error: ErrorShape }
type Waiting = { settle: (reply: Reply) => void; fail: (error: Error) => void }

const timeoutMs = 8_000

/** What a protocol's requests take and give, by type. */
export type Exchanges = Record<string, { fields: object; data: unknown }>

/** A websocket of requests with replies, and notices in between. */
export class RequestSocket<E extends Exchanges> {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Connects. `onNotice` and `onClose` are called only after that. */
  static open<E extends Exchanges, Notice extends { type: string }>(
    url: string,
    watcher: { onNotice: (notice: Notice) => void; onClose: () => void },
  ): Promise<RequestSocket<E>> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      const requests = new RequestSocket<E>(socket)
      const timer = setTimeout(() => socket.close(), timeoutMs)
      let opened = false
      socket.addEventListener('open', () => {
        opened = true
        clearTimeout(timer)
        resolve(requests)
      })
      socket.addEventListener('close', () => {
        clearTimeout(timer)
        if (!opened) {
          reject(new RequestError('the gateway cannot be reached'))
          return
        }
        for (const waiting of [...requests.#waiting.values()])
          waiting.fail(new RequestError('the connection broke'))
        watcher.onClose()
      })
      socket.addEventListener('message', ({ data }) => {
        const frame: unknown = JSON.parse(String(data))
        if (isReply(frame)) requests.#settle(frame)
        else if (isNotice<Notice>(frame)) watcher.onNotice(frame)
      })
    })
  }

  /** Fails with a RequestError when the gateway refuses, is silent for long, or is lost. */
  request<T extends keyof E & string>(type: T, fields: E[T]['fields']): Promise<E[T]['data']> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new RequestError('the connection broke'))
        return
      }
      const id = this.#nextId++
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
      }
      const fail = (error: Error): void => {
        done()
        reject(error)
      }
      const timer = setTimeout(() => fail(new RequestError('the gateway does not answer')), timeoutMs)
      const settle = (reply: Reply): void => {
        done()
        if (reply.ok) resolve(reply.data)
        else reject(new RequestError(reply.error.message, reply.error.code))
      }
      this.#waiting.set(id, { settle, fail })
      this.#socket.send(JSON.stringify({ id, type, ...fields }))
    })
  }

  close(): void {
    this.#socket.close()
  }

  #settle(reply: Reply): void {
    if (reply.id !== null) this.#waiting.get(reply.id)?.settle(reply)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isReply(value: unknown): value is Reply {
  return isRecord(value) && 'id' in value && typeof value.ok === 'boolean'
}

function isNotice<Notice>(value: unknown): value is Notice {
  return isRecord(value) && typeof value.type === 'string'
}
