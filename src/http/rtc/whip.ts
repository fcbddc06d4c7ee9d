import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import type { LimitsConfig } from '../../config/sections/limits-config.ts'
import { type IceServerSettings, iceServers } from '../../ingest/ice-servers.ts'
import type { PublicationLimit } from '../../ingest/publication-limit.ts'
import { WhipSession } from '../../ingest/whip-session.ts'
import type { Log } from '../../log.ts'
import type { Registry } from '../../streams/registry.ts'
import { publishGrant } from '../access/grant.ts'
import { registerRtc } from './rtc-routes.ts'

/** Each accepted one starts a stream. */
const posts = { burst: 40, perSecond: 20 }

/** WHIP: `POST /whip/{stream}` publishes. */
export function registerWhip(
  server: FastifyInstance,
  registry: Registry,
  publications: PublicationLimit,
  access: Access,
  log: Log,
  config: IceServerSettings & Pick<LimitsConfig, 'maxPublishBitrateBps' | 'maxAddressShare'>,
): void {
  registerRtc(server, {
    prefix: 'whip',
    posts,
    maxAddressShare: config.maxAddressShare,
    iceServers: () => iceServers(config, Date.now()),
    async open({ stream, offer, principal, address, client, onEnd }) {
      return await WhipSession.open({
        streamName: stream,
        offer,
        grant: publishGrant(access, principal, address, stream),
        ...{ client, registry, publications, log },
        maxBitrateBps: config.maxPublishBitrateBps,
        onEnd,
      })
    },
  })
}
