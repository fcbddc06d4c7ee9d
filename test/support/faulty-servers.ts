import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Cleanup } from '../../src/cleanup.ts'

/** Takes TCP connections, and what then is done with them. @returns the port, on loopback. */
export async function tcpServer(cleanup: Cleanup, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    // A push may be killed: resets are expected.
    socket.on('error', () => socket.destroy())
    cleanup.defer(() => void socket.destroy())
    onSocket(socket)
  })
  return await listen(cleanup, server)
}

/** Passes everything on, and resets each connection after a time. */
export function resettingProxy(cleanup: Cleanup, port: number, afterMs: number): Promise<number> {
  return tcpServer(cleanup, (socket) => {
    const upstream = connected(cleanup, socket, port)
    socket.pipe(upstream)
    const timer = setTimeout(() => {
      socket.resetAndDestroy()
      upstream.destroy()
    }, afterMs)
    socket.on('close', () => clearTimeout(timer))
  })
}

/** Answers every request with a status. `asked` counts them. */
export async function httpServer(
  cleanup: Cleanup,
  status: number,
): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const server = createHttpServer((_request, response) => {
    asked += 1
    response.statusCode = status
    response.end()
  })
  return { url: `http://127.0.0.1:${await listen(cleanup, server)}/publish`, asked: () => asked }
}

/** Allows each publication that nginx-rtmp asks about. `last` is the newest question. */
export async function questionServer(
  cleanup: Cleanup,
): Promise<{ url: string; last: () => Record<string, string> }> {
  let last: Record<string, string> = {}
  const server = createHttpServer(async (request, response) => {
    last = Object.fromEntries(new URLSearchParams(await text(request)))
    response.end()
  })
  return { url: `http://127.0.0.1:${await listen(cleanup, server)}/publish`, last: () => last }
}

function connected(cleanup: Cleanup, socket: Socket, port: number): Socket {
  const upstream = connect(port, '127.0.0.1')
  cleanup.defer(() => void upstream.destroy())
  upstream.on('error', () => socket.destroy())
  upstream.on('close', () => socket.destroy())
  socket.on('close', () => upstream.destroy())
  upstream.pipe(socket)
  return upstream
}

async function listen(cleanup: Cleanup, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.defer(() => void server.close())
  return (server.address() as AddressInfo).port
}
