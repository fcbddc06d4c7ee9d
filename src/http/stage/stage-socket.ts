import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { IceServerSettings } from '../../ingest/ice-servers.ts'
import type { Log } from '../../log.ts'
import { type StageDoor, StageSession } from '../../stage/stage-session.ts'
import type { Stages } from '../../stage/stages.ts'
import { checkName } from '../../streams/registry.ts'
import { keepAlive } from '../keep-alive.ts'

export type StageSocketOptions = {
  stages: Stages
  /** The door of a stream for this request. Throws GatewayError when the request may not come in at all. */
  doorFor: (stream: string, request: FastifyRequest) => StageDoor
  check: (request: FastifyRequest) => void
  ice: IceServerSettings
  maxSockets: number
  log: Log
}

/** The websocket of the join and studio pages: `/ws/stage/{stream}`. */
export function registerStageSocket(server: FastifyInstance, options: StageSocketOptions): void {
  let sockets = 0
  server.route<{ Params: { stream: string } }>({
    method: 'GET',
    url: '/ws/stage/:stream',
    // Before the upgrade, so that a refusal is an HTTP answer.
    preValidation: async (request) => {
      checkName(request.params.stream)
      options.check(request)
      if (sockets >= options.maxSockets) {
        throw new GatewayError(
          'TOO_MANY_PEOPLE',
          'The gateway has no room for another connection. Try again soon.',
        )
      }
    },
    handler: async () => {
      throw new GatewayError('BAD_REQUEST', 'This address accepts websockets only.')
    },
    wsHandler: (socket, request) => {
      sockets += 1
      const { stream } = request.params
      const log = options.log.child({ stage: stream })
      const session = new StageSession({
        openStage: () => options.stages.open(stream),
        door: options.doorFor(stream, request),
        ice: options.ice,
        log,
        send: (text) => {
          if (socket.readyState === socket.OPEN) socket.send(text)
        },
        close: (code, reason) => socket.close(code, reason),
      })
      const stopPinging = keepAlive(socket)
      socket.on('message', (data) => session.onMessage(String(data)))
      socket.on('error', (error) => log.debug({ err: error }, 'a stage websocket broke'))
      socket.once('close', () => {
        sockets -= 1
        stopPinging()
        session.onClose().catch((error) => log.error({ err: error }, 'closing a person failed'))
      })
    },
  })
}
