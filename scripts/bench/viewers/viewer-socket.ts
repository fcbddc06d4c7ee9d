import { connect, type Socket } from 'node:net'

export type Answer = {
  /** Status line and headers. */
  head: string
  body: Buffer
  /** When its last byte came, ms since 1970. */
  atMs: number
}

const endOfHead = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection that asks again as soon as it was answered. Nothing but a socket: the client must cost
 * little beside the server that is measured.
 */
export class ViewerSocket {
  readonly #socket: Socket
  readonly #host: string
  readonly #onAnswer: (answer: Answer) => string | undefined
  #received: Buffer[] = []
  #bytes = 0
  /** Length of the whole answer; undefined until its head is complete. */
  #wanted: number | undefined
  #headBytes = 0

  /** @param onAnswer returns the path to ask for next; undefined closes the connection. */
  constructor(url: URL, onAnswer: (answer: Answer) => string | undefined, onError: (error: Error) => void) {
    this.#host = url.host
    this.#onAnswer = onAnswer
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk)).on('error', onError)
  }

  ask(path: string): void {
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept-Encoding: gzip\r\n\r\n`)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#bytes += chunk.length
    if (this.#wanted === undefined) {
      const all = Buffer.concat(this.#received)
      const end = all.indexOf(endOfHead)
      if (end < 0) return
      this.#headBytes = end + endOfHead.length
      const length = /\r\ncontent-length: (\d+)/i.exec(all.toString('latin1', 0, this.#headBytes))?.[1]
      this.#wanted = this.#headBytes + Number(length ?? 0)
    }
    if (this.#bytes < this.#wanted) return
    const all = Buffer.concat(this.#received)
    const answer = {
      head: all.toString('latin1', 0, this.#headBytes),
      body: all.subarray(this.#headBytes),
      atMs: performance.timeOrigin + performance.now(),
    }
    this.#received = []
    this.#bytes = 0
    this.#wanted = undefined
    const next = this.#onAnswer(answer)
    if (next === undefined) this.close()
    else this.ask(next)
  }
}
