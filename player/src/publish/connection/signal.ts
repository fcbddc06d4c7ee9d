import type { Notice, Reply, ReplyData, Request, RequestType } from '../../../../src/ingest/protocol.ts'
import { closeCodes } from '../../../../src/ingest/protocol-constants.ts'
import { readFrame } from './read-frame.ts'
import { SignalError } from './signal-error.ts'

type Fields<T extends RequestType> = Omit<Extract<Request, { type: T }>, 'id' | 'type'>
type Waiting = { settle: (reply: Reply) => void; fail: (error: Error) => void }

const timeoutMs = 8000

/** The publishing websocket: requests with their replies, and notices. */
export class Signal {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Connects; `onNotice` and `onClose` are called only after that. */
  static open(
    url: string,
    watcher: { onNotice: (notice: Notice) => void; onClose: (error: SignalError) => void },
    abort: AbortSignal,
  ): Promise<Signal> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      const signal = new Signal(socket)
      let opened = false
      const timer = setTimeout(() => socket.close(), timeoutMs)
      const giveUp = (): void => socket.close()
      abort.addEventListener('abort', giveUp, { once: true })
      socket.addEventListener('open', () => {
        if (abort.aborted) return
        opened = true
        abort.removeEventListener('abort', giveUp)
        clearTimeout(timer)
        resolve(signal)
      })
      socket.addEventListener('close', (event) => {
        clearTimeout(timer)
        if (!opened) {
          reject(new SignalError('the gateway cannot be reached'))
          return
        }
        const why = event.code === closeCodes.badFrames ? 'the gateway did not understand this page' : null
        const error = new SignalError(why ?? 'the connection broke')
        signal.#failAll(error)
        watcher.onClose(error)
      })
      socket.addEventListener('message', ({ data }) => {
        const frame = typeof data === 'string' ? readFrame(data) : null
        if (frame === null) console.warn('Unknown frame from the gateway', data)
        else if ('notice' in frame) watcher.onNotice(frame.notice)
        else signal.#settle(frame.reply)
      })
    })
  }

  /** Sends a request; fails with a SignalError when the gateway refuses, is silent for long, or is lost. */
  request<T extends RequestType>(type: T, fields: Fields<T>): Promise<ReplyData[T]> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new SignalError('the connection broke'))
        return
      }
      const id = this.#nextId++
      const fail = (error: Error): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        reject(error)
      }
      const timer = setTimeout(() => fail(new SignalError('the gateway does not answer')), timeoutMs)
      const settle = (reply: Reply): void => {
        if (!reply.ok) {
          fail(new SignalError(reply.error.message, reply.error.code))
          return
        }
        clearTimeout(timer)
        this.#waiting.delete(id)
        // Replies carry no type: the id says which request, and with it which data, this one belongs to.
        resolve(reply.data as ReplyData[T])
      }
      this.#waiting.set(id, { settle, fail })
      this.#socket.send(JSON.stringify({ id, type, ...fields }))
    })
  }

  close(): void {
    this.#socket.close()
  }

  #settle(reply: Reply): void {
    const waiting = reply.id === null ? undefined : this.#waiting.get(reply.id)
    if (waiting) waiting.settle(reply)
    else if (!reply.ok) this.#failAll(new SignalError(reply.error.message, reply.error.code))
  }

  #failAll(error: Error): void {
    for (const waiting of [...this.#waiting.values()]) waiting.fail(error)
  }
}
