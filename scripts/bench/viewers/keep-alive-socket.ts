import { connect, type Socket } from 'node:net'

export type Answer = {
  /** Status line and headers. */
  head: string
  /** The body as it came: one chunk or several. */
  chunks: readonly Buffer[]
  /** When its last byte was read, ms since 1970. */
  atMs: number
}

const endOfHead = '\r\n\r\n'

/**
 * One HTTP/1.1 connection, one request at a time. Nothing but a socket: the client must cost little beside the server
 * that is measured. It understands answers with a Content-Length, whose head comes in one piece.
 */
export class KeepAliveSocket {
  readonly #socket: Socket
  readonly #onAnswer: (answer: Answer) => void
  readonly #tail: string
  #head = ''
  #chunks: Buffer[] = []
  /** Bytes of the body that are still to come; undefined until the head is there. */
  #missing: number | undefined

  /** @param headers of every request. */
  constructor(
    url: URL,
    headers: Record<string, string>,
    onAnswer: (answer: Answer) => void,
    onError: (error: Error) => void,
  ) {
    const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}`)
    this.#tail = ` HTTP/1.1\r\n${lines.join('\r\n')}${endOfHead}`
    this.#onAnswer = onAnswer
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    this.#socket
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .on('error', onError)
      .on('end', () => onError(new Error('the server hung up')))
  }

  ask(path: string): void {
    this.#socket.write(`GET ${path}${this.#tail}`)
  }

  close(): void {
    this.#socket.destroy()
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
      body = chunk.subarray(end + endOfHead.length)
    }
    this.#chunks.push(body)
    this.#missing -= body.length
    if (this.#missing > 0) return
    const answer = {
      head: this.#head,
      chunks: this.#chunks,
      atMs: performance.timeOrigin + performance.now(),
    }
    this.#chunks = []
    this.#missing = undefined
    this.#onAnswer(answer)
  }
}
