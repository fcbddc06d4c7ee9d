import { connect, type Socket } from 'node:net'

export type Answer = {
  /** Status line and headers. */
  head: string
  bodyBytes: number
  /** Empty where it is not kept. */
  body: Buffer
  /** When its last byte was read, ms since 1970. */
  atMs: number
}

export type KeepAliveOptions = {
  url: URL
  /** Of every request. */
  headers: Record<string, string>
  /** Whether a caller reads what is in the bodies. */
  keepBodies: boolean
  onAnswer: (answer: Answer) => void
  onError: (error: Error) => void
}

const endOfHead = '\r\n\r\n'
/** All sockets read into this one, one after the other: thousands of them get some 100 MB a second. */
const readBuffer = Buffer.alloc(256 * 1024)

/**
 * One HTTP/1.1 connection, one request at a time. Nothing but a socket: the client must cost little beside the server
 * that is measured. It understands answers with a Content-Length, whose head comes in one piece.
 */
export class KeepAliveSocket {
  readonly #socket: Socket
  readonly #options: KeepAliveOptions
  readonly #tail: string
  #head = ''
  #body: Buffer[] = []
  #bodyBytes = 0
  /** Bytes of the body that are still to come; undefined until the head is there. */
  #missing: number | undefined

  constructor(options: KeepAliveOptions) {
    const { url, headers, onError } = options
    const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}`)
    this.#tail = ` HTTP/1.1\r\n${lines.join('\r\n')}${endOfHead}`
    this.#options = options
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          this.#take(readBuffer.subarray(0, bytes))
          return true
        },
      },
    })
    this.#socket.on('error', onError).on('end', () => onError(new Error('the server hung up')))
  }

  ask(path: string): void {
    this.#socket.write(`GET ${path}${this.#tail}`)
  }

  #take(chunk: Buffer): void {
    let body = chunk
    if (this.#missing === undefined) {
      const end = chunk.indexOf(endOfHead)
      this.#head = chunk.toString('latin1', 0, end)
      const length = /\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1]
      if (end < 0 || length === undefined) {
        this.#socket.destroy(new Error('an answer that is not understood'))
        return
      }
      this.#missing = Number(length)
      this.#bodyBytes = this.#missing
      body = chunk.subarray(end + endOfHead.length)
    }
    if (this.#options.keepBodies) this.#body.push(Buffer.from(body))
    this.#missing -= body.length
    if (this.#missing > 0) return
    const answer = {
      head: this.#head,
      bodyBytes: this.#bodyBytes,
      body: Buffer.concat(this.#body),
      atMs: performance.timeOrigin + performance.now(),
    }
    this.#body = []
    this.#missing = undefined
    this.#options.onAnswer(answer)
  }
}
