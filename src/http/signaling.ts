import type { FastifyInstance } from 'fastify'
import type { Access } from '../auth/access.ts'
import type { LimitsConfig } from '../config/sections/limits-config.ts'
import { GatewayError } from '../errors.ts'
import type { PublicationLimit } from '../ingest/publication-limit.ts'
import { PublishSession, type PublishSettings } from '../ingest/publish-session.ts'
import { clientKey } from '../limit/client-key.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../streams/registry.ts'
import type { PublisherRefusals } from '../webhooks/publisher-refusals.ts'
import { publishGate } from './access/grant.ts'
import { registerWebsocket } from './websocket-route.ts'

/** The websocket of the publish page: `/ws/publish/{stream}`. */
export function registerSignaling(
  server: FastifyInstance,
  registry: Registry,
  publications: PublicationLimit,
  access: Access,
  config: PublishSettings & Pick<LimitsConfig, 'maxSockets' | 'maxAddressShare'>,
  refusals: PublisherRefusals,
  log: Log,
): void {
  registerWebsocket(
    server,
    {
      url: '/ws/publish/:stream',
      full: (maxSockets) =>
        new GatewayError(
          'TOO_MANY_STREAMS',
          `The gateway takes ${maxSockets} connections (SLUICE_MAX_SOCKETS).`,
        ),
      open: (request, socket) => {
        const { stream } = request.params
        return new PublishSession({
          streamName: stream,
          client: clientKey(request.ip),
          gate: publishGate(access, request, stream),
          registry,
          publications,
          config,
          onRefused: (error) => refusals.add({ stream, protocol: 'websocket', address: request.ip, error }),
          log: log.child({ stream }),
          ...socket,
        })
      },
      log,
    },
    config,
  )
}
