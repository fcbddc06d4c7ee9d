import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError } from '../errors.ts'
import type { PublicationLimit } from '../ingest/publication-limit.ts'
import { PublishSession, type PublishSettings } from '../ingest/publish-session.ts'
import { clientKey } from '../limit/client-key.ts'
import { CountLimit, shareOf } from '../limit/count-limit.ts'
import type { Log } from '../log.ts'
import { checkName, type Registry } from '../streams/registry.ts'

/** Publishers are pinged this often; one that answered no ping until the next but one is dead. */
const pingEveryMs = 5_000
/** Bytes that may wait for a publisher to read them: some minutes of notices. */
const maxUnreadBytes = 512 * 1024

/** The websocket of the publish page: `/ws/publish/{stream}`. */
export function registerSignaling(
  server: FastifyInstance,
  registry: Registry,
  publications: PublicationLimit,
  config: PublishSettings & Pick<LimitsConfig, 'maxSockets' | 'maxAddressShare'>,
  log: Log,
): void {
  const { maxSockets } = config
  const sockets = new CountLimit({ total: maxSockets, each: shareOf(maxSockets, config.maxAddressShare) })
  /** Places taken before the upgrade, so that a refusal is an HTTP answer. */
  const places = new WeakMap<FastifyRequest['raw'], () => void>()
  server.route<{ Params: { stream: string } }>({
    method: 'GET',
    url: '/ws/publish/:stream',
    preValidation: async (request) => {
      checkName(request.params.stream)
      if (!request.ws) return
      const leave = sockets.enter(clientKey(request.ip), (fullness) =>
        fullness === 'client'
          ? new GatewayError('TOO_MANY_REQUESTS', 'Too many publishers connect from your address.')
          : new GatewayError(
              'TOO_MANY_STREAMS',
              `The gateway takes ${maxSockets} connections (SLUICE_MAX_SOCKETS).`,
            ),
      )
      places.set(request.raw, leave)
      // Also when the upgrade fails.
      request.raw.socket.once('close', leave)
    },
    handler: async () => {
      throw new GatewayError('BAD_REQUEST', 'This address accepts only websockets.')
    },
    wsHandler: (socket, request) => {
      const session = new PublishSession({
        streamName: request.params.stream,
        client: clientKey(request.ip),
        registry,
        publications,
        config,
        log: log.child({ stream: request.params.stream }),
        send: (text) => sendTo(socket, text),
        close: (code, reason) => socket.close(code, reason),
      })
      const stopPinging = keepAlive(socket)
      socket.on('message', (data) => session.onMessage(String(data)))
      // A frame over the limit or broken framing; ws closes the socket itself.
      socket.on('error', (error) => log.debug({ err: error }, 'publishing websocket broke'))
      socket.once('close', () => {
        places.get(request.raw)?.()
        stopPinging()
        session.onClose().catch((error) => log.error({ err: error }, 'closing a publisher failed'))
      })
    },
  })
}

/** What a publisher does not read would wait in memory: one that reads nothing is cut off. */
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
