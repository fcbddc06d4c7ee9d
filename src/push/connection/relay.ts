import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { CommandRewriter } from './rtmp/command-rewriter.ts'
import { type Endpoints, findTcpSocket, readTcpTables } from './tcp-table.ts'

/** How long the last bytes of a push may take to leave after ffmpeg is done. */
const lingerMs = 2_000

/** What an RTMP client says about where it publishes. Keys may stand in each of them. */
export type RtmpNames = { app: string; playPath: string; tcUrl: string }

/**
 * Leads one connection of this machine to a server: ffmpeg speaks RTMP into it, and the gateway owns the connection to
 * the outside. So the gateway decides which address that is, checks the certificate, sees what really leaves, and knows
 * what an error was, which ffmpeg's messages often do not say.
 *
 * ffmpeg gets placeholders instead of the names, because all users of a machine can read the arguments of its
 * processes; the relay puts the names in.
 */
export class Relay {
  /** What ffmpeg is given instead of the names. */
  readonly placeholders: RtmpNames
  readonly #names: RtmpNames
  readonly #upstream: Socket
  readonly #server: Server
  #local: Socket | null = null
  #receivedBytes = 0
  #code: string | null = null
  #fault: unknown = null

  private constructor(server: Server, upstream: Socket, names: RtmpNames) {
    this.#server = server
    this.#upstream = upstream
    this.#names = names
    const secret = randomBytes(18).toString('base64url')
    this.placeholders = { app: `app-${secret}`, playPath: `name-${secret}`, tcUrl: `rtmp://relay/${secret}` }
    server.on('connection', (local) => {
      this.#admit(local).catch((error) => this.#failed(local, error))
    })
    upstream.on('error', (error: NodeJS.ErrnoException) => this.#ended(error.code ?? 'UNKNOWN'))
    upstream.once('end', () => this.#ended('CLOSED'))
    upstream.once('close', () => this.#ended('CLOSED'))
  }

  /** Accepts one connection on loopback; owns the upstream from here on. The caller owes a `close()`. */
  static async open(upstream: Socket, names: RtmpNames): Promise<Relay> {
    const server = createServer({ pauseOnConnect: true, noDelay: true })
    // Before anything is waited for: an error of the connection without a listener would end the gateway.
    const relay = new Relay(server, upstream, names)
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

  /** Why the local connection can't go on: what came from it was not ffmpeg's RTMP. Null while it was. */
  get fault(): unknown {
    return this.#fault
  }

  /** Ends everything at once. May be called twice. */
  close(): void {
    this.#server.close()
    this.#local?.destroy()
    this.#upstream.destroy()
  }

  /** Closes connections of other users of this machine, and all but the first of its own user. */
  async #admit(local: Socket): Promise<void> {
    // Its end says less than ffmpeg's exit.
    local.on('error', () => local.destroy())
    const own = await isOwn(local)
    if (!own || this.#local || this.#code !== null || !this.#server.listening) {
      local.destroy()
      return
    }
    this.#local = local
    this.#server.close()
    this.#join(local)
  }

  #join(local: Socket): void {
    const { app, playPath, tcUrl } = this.placeholders
    const replacements = new Map([
      [app, this.#names.app],
      [playPath, this.#names.playPath],
      [tcUrl, this.#names.tcUrl],
    ])
    const rewriter = new CommandRewriter(replacements, app)
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
    local.on('data', (chunk: Buffer) => this.#forward(local, rewriter, chunk))
    this.#upstream.on('drain', () => local.resume())
    local.resume()
  }

  #forward(local: Socket, rewriter: CommandRewriter, chunk: Buffer): void {
    try {
      this.#upstream.cork()
      for (const piece of rewriter.push(chunk)) {
        if (!this.#upstream.write(piece)) local.pause()
      }
    } catch (error) {
      this.#failed(local, error)
    } finally {
      this.#upstream.uncork()
    }
  }

  #failed(local: Socket, error: unknown): void {
    this.#fault = error
    local.destroy()
  }

  #ended(code: string): void {
    // What follows our own end is no news.
    if (this.#local?.destroyed) return
    this.#code ??= code
    this.#local?.destroy()
    this.#upstream.destroy()
  }
}

/**
 * Whether the other end of a connection on loopback is a process of this process's user. Where the kernel does not tell
 * whose a connection is, the secret among the placeholders has to do.
 */
async function isOwn({ remoteAddress, remotePort, localAddress, localPort }: Socket): Promise<boolean> {
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return false
  const endpoints = { localPort: remotePort, remoteAddress: localAddress, remotePort: localPort }
  // The kernel's list may lack a line when another one went while it was read.
  for (let look = 0; look < 2; look += 1) {
    const tables = await readTcpTables()
    if (tables === '') return true
    const socket = findTcpSocket(tables, endpoints)
    if (socket) return socket.ownerId === process.getuid?.()
  }
  return false
}
