import type { FastifyInstance } from 'fastify'
import type { LimitsConfig } from '../../config/sections/limits-config.ts'
import { GatewayError } from '../../errors.ts'
import type { IceServerSettings } from '../../ingest/ice-servers.ts'
import type { Log } from '../../log.ts'
import type { StageDoor } from '../../stage/stage-door.ts'
import { StageSession } from '../../stage/stage-session.ts'
import type { Stages } from '../../stage/stages.ts'
import { type OfStream, registerWebsocket } from '../websocket-route.ts'

export type StageSocketOptions = {
  stages: Stages
  /** The door of the request's stream, for this request. */
  doorFor: (request: OfStream) => StageDoor
  config: IceServerSettings & Pick<LimitsConfig, 'maxSockets' | 'maxAddressShare'>
  log: Log
}

/** The websocket of the join and studio pages: `/ws/stage/{stream}`. */
export function registerStageSocket(
  server: FastifyInstance,
  { stages, doorFor, config, log }: StageSocketOptions,
): void {
  registerWebsocket(
    server,
    {
      url: '/ws/stage/:stream',
      full: () =>
        new GatewayError('TOO_MANY_PEOPLE', 'The gateway has no place for another person. Try again soon.'),
      open: (request, socket) => {
        const { stream } = request.params
        return new StageSession({
          findStage: () => stages.get(stream),
          openStage: () => stages.open(stream),
          door: doorFor(request),
          ice: config,
          log: log.child({ stage: stream }),
          ...socket,
        })
      },
      log,
    },
    config,
  )
}
