import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { LimitsConfig } from '../../config/sections/limits-config.ts'
import { type IceServerSettings, iceServers } from '../../ingest/ice-servers.ts'
import type { PublicationLimit } from '../../ingest/publication-limit.ts'
import { WhipSession } from '../../ingest/whip-session.ts'
import type { Log } from '../../log.ts'
import { anonymous } from '../../streams/may-take-over.ts'
import type { Registry } from '../../streams/registry.ts'
import { registerRtc } from './rtc-routes.ts'

/** Each accepted one starts a stream. */
const posts = { burst: 40, perSecond: 20 }

/** WHIP: `POST /whip/{stream}` publishes. */
export function registerWhip(
  server: FastifyInstance,
  registry: Registry,
  publications: PublicationLimit,
  log: Log,
  config: IceServerSettings & Pick<LimitsConfig, 'maxPublishBitrateBps' | 'maxAddressShare'>,
): void {
  registerRtc(server, {
    prefix: 'whip',
    action: 'publish',
    posts,
    maxAddressShare: config.maxAddressShare,
    iceServers: () => iceServers(config, Date.now()),
    async open({ stream, offer, token, client, onEnd }) {
      return await WhipSession.open({
        streamName: stream,
        offer,
        principal: principalOf(token),
        ...{ client, registry, publications, log },
        maxBitrateBps: config.maxPublishBitrateBps,
        onEnd,
      })
    },
  })
}

/**
 * Who publishes, known by the bearer token. Encoders that lost their network come back with the same one, long before
 * the old connection is known to be dead.
 */
function principalOf(token: string | null): string {
  return token === null ? anonymous : `bearer:${createHash('sha256').update(token).digest('base64')}`
}
