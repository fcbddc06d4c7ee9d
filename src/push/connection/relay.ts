import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** How long the last bytes of a push may take to leave after ffmpeg is done. */
const lingerMs = 2_000

/**
 * Leads one connection of this machine to a server: ffmpeg speaks RTMP into it, and the gateway owns the connection to
 * the outside. So the gateway decides which address that is, checks the certificate, sees what really leaves, and knows
 * what an error was, which ffmpeg's messages often do not say.
 */
export class Relay {
  readonly #upstream: Socket
  readonly #server: Server
  #local: Socket | null = null
  #receivedBytes = 0
  #code: string | null = null

  private constructor(server: Server, upstream: Socket) {
    this.#server = server
    this.#upstream = upstream
    server.once('connection', (local) => this.#join(local))
    upstream.on('error', (error: NodeJS.ErrnoException) => this.#ended(error.code ?? 'UNKNOWN'))
    upstream.once('end', () => this.#ended('CLOSED'))
    upstream.once('close', () => this.#ended('CLOSED'))
  }

  /** Takes one connection on loopback; owns the upstream from here on. The caller owes a `close()`. */
  static async open(upstream: Socket): Promise<Relay> {
    const server = createServer({ pauseOnConnect: true, noDelay: true })
    server.maxConnections = 1
    // Before anything is waited for: an error of the connection that nobody listens to would end the gateway.
    const relay = new Relay(server, upstream)
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', resolve)
      })
    } catch (error) {
      upstream.destroy()
      throw error
    }
    return relay
  }

  /** Of loopback. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Bytes that the server said. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Bytes that were given to the kernel for the server: TLS's own are not among them. */
  get writtenBytes(): number {
    return this.#upstream.bytesWritten - this.#upstream.writableLength
  }

  /** Both ends of the outer connection, to find it among the kernel's; null when it is gone. */
  get endpoints(): Endpoints | null {
    const { localPort, remoteAddress, remotePort } = this.#upstream
    if (localPort === undefined || remoteAddress === undefined || remotePort === undefined) return null
    return { localPort, remoteAddress, remotePort }
  }

  /** Why the outer connection ended; null while it stands. `CLOSED`: the server ended it in good order. */
  get code(): string | null {
    return this.#code
  }

  /** Ends everything at once. May be called twice. */
  close(): void {
    this.#server.close()
    this.#local?.destroy()
    this.#upstream.destroy()
  }

  #join(local: Socket): void {
    if (this.#code !== null) {
      local.destroy()
      return
    }
    this.#local = local
    this.#server.close()
    // Its end says less than ffmpeg's exit.
    local.on('error', () => local.destroy())
    local.once('close', () => {
      this.#upstream.end()
      const timer = setTimeout(() => this.#upstream.destroy(), lingerMs)
      this.#upstream.once('close', () => clearTimeout(timer))
    })
    this.#upstream.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length
    })
    // `end: false`: a destroyed end must not pass for one in good order.
    this.#upstream.pipe(local, { end: false })
    local.pipe(this.#upstream, { end: false })
  }

  #ended(code: string): void {
    // What follows our own end is no news.
    if (this.#local?.destroyed) return
    this.#code ??= code
    this.#local?.destroy()
    this.#upstream.destroy()
  }
}

export type Endpoints = { localPort: number; remoteAddress: string; remotePort: number }
