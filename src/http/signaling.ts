import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import type { HttpConfig } from '../config/sections/http-config.ts'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError } from '../errors.ts'
import { PublishSession, type PublishSettings } from '../ingest/publish-session.ts'
import type { Log } from '../log.ts'
import { checkName, type Registry } from '../streams/registry.ts'
import { checkOrigin } from './request-origin.ts'

/** Publishers are pinged this often; one that answered no ping until the next but one is dead. */
const pingEveryMs = 5_000

/** The websocket of the publish page: `/ws/publish/{stream}`. */
export function registerSignaling(
  server: FastifyInstance,
  registry: Registry,
  config: PublishSettings & Pick<HttpConfig, 'allowedHosts'> & Pick<LimitsConfig, 'maxSockets'>,
  log: Log,
): void {
  let sockets = 0
  server.route<{ Params: { stream: string } }>({
    method: 'GET',
    url: '/ws/publish/:stream',
    // Before the upgrade, so that a refusal is an HTTP answer.
    preValidation: async (request) => {
      checkName(request.params.stream)
      checkOrigin(request, config.allowedHosts)
      if (sockets >= config.maxSockets) {
        throw new GatewayError(
          'TOO_MANY_STREAMS',
          `The gateway takes ${config.maxSockets} connections (SLUICE_MAX_SOCKETS).`,
        )
      }
    },
    handler: async () => {
      throw new GatewayError('BAD_REQUEST', 'Only websockets are taken here.')
    },
    wsHandler: (socket, request) => {
      sockets += 1
      const session = new PublishSession({
        streamName: request.params.stream,
        registry,
        config,
        log: log.child({ stream: request.params.stream }),
        send: (text) => {
          if (socket.readyState === socket.OPEN) socket.send(text)
        },
        close: (code, reason) => socket.close(code, reason),
      })
      const stopPinging = keepAlive(socket)
      socket.on('message', (data) => session.onMessage(String(data)))
      // A frame over the limit or broken framing; ws closes the socket itself.
      socket.on('error', (error) => log.debug({ err: error }, 'publishing websocket broke'))
      socket.once('close', () => {
        sockets -= 1
        stopPinging()
        session.onClose().catch((error) => log.error({ err: error }, 'closing a publisher failed'))
      })
    },
  })
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
