import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError } from '../errors.ts'
import { clientKey } from '../limit/client-key.ts'
import { CountLimit, shareOf } from '../limit/count-limit.ts'
import type { Log } from '../log.ts'
import { checkName } from '../streams/registry.ts'

/** Clients are pinged this often; one that answered no ping until the next but one is dead. */
const pingEveryMs = 5_000
/** Bytes that may wait for a client to read them: some minutes of notices. */
const maxUnreadBytes = 512 * 1024

export type OfStream = FastifyRequest<{ Params: { stream: string } }>

/** The server's end of a protocol on one websocket. */
export type SocketSession = { onMessage(text: string): void; onClose(): Promise<void> }

export type WebsocketRoute = {
  /** With `:stream`. */
  url: string
  /** The answer when the gateway has no place for another one. */
  full: (maxSockets: number) => GatewayError
  open: (
    request: OfStream,
    socket: { send: (text: string) => void; close: (code: number, reason: string) => void },
  ) => SocketSession
  log: Log
}

/** A websocket of a stream: bounded in all and per address, pinged, and cut off when its client reads nothing. */
export function registerWebsocket(
  server: FastifyInstance,
  { url, full, open, log }: WebsocketRoute,
  { maxSockets, maxAddressShare }: Pick<LimitsConfig, 'maxSockets' | 'maxAddressShare'>,
): void {
  const sockets = new CountLimit({ total: maxSockets, each: shareOf(maxSockets, maxAddressShare) })
  /** Places taken before the upgrade, so that a refusal is an HTTP answer. */
  const places = new WeakMap<FastifyRequest['raw'], () => void>()
  server.route<{ Params: { stream: string } }>({
    method: 'GET',
    url,
    preValidation: async (request) => {
      checkName(request.params.stream)
      if (!request.ws) return
      const leave = sockets.enter(clientKey(request.ip), (fullness) =>
        fullness === 'client'
          ? new GatewayError('TOO_MANY_REQUESTS', 'Too many connections come from your address.')
          : full(maxSockets),
      )
      places.set(request.raw, leave)
      // Also when the upgrade fails.
      request.raw.socket.once('close', leave)
    },
    handler: async () => {
      throw new GatewayError('BAD_REQUEST', 'This address accepts only websockets.')
    },
    wsHandler: (socket, request) => {
      const session = open(request, {
        send: (text) => sendTo(socket, text),
        close: (code, reason) => socket.close(code, reason),
      })
      const stopPinging = keepAlive(socket)
      socket.on('message', (data) => session.onMessage(String(data)))
      // A frame over the limit or broken framing; ws closes the socket itself.
      socket.on('error', (error) => log.debug({ err: error }, 'a websocket broke'))
      socket.once('close', () => {
        places.get(request.raw)?.()
        stopPinging()
        session.onClose().catch((error) => log.error({ err: error }, 'closing a websocket failed'))
      })
    },
  })
}

/** What a client does not read would wait in memory: one that reads nothing is cut off. */
function sendTo(socket: WebSocket, text: string): void {
  if (socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > maxUnreadBytes) socket.terminate()
  else socket.send(text)
}

/** Pings, and cuts a connection that does not answer. @returns the undo. */
function keepAlive(socket: WebSocket): () => void {
  let missed = 0
  socket.on('pong', () => {
    missed = 0
  })
  const timer = setInterval(() => {
    if (missed >= 2) socket.terminate()
    missed += 1
    socket.ping()
  }, pingEveryMs)
  return () => clearInterval(timer)
}
