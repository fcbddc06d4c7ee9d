import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { LimitsConfig } from '../../config/sections/limits-config.ts'
import { type IceServerSettings, iceServers } from '../../ingest/ice-servers.ts'
import type { PublicationLimit } from '../../ingest/publication-limit.ts'
import { WhipSession } from '../../ingest/whip-session.ts'
import type { Log } from '../../log.ts'
import type { Registry } from '../../streams/registry.ts'
import { registerRtc } from './rtc-routes.ts'

/** Each one that is taken starts a stream. */
const posts = { burst: 40, perSecond: 20 }

/** WHIP: `POST /whip/{stream}` publishes. */
export function registerWhip(
  server: FastifyInstance,
  registry: Registry,
  publications: PublicationLimit,
  log: Log,
  config: IceServerSettings & Pick<LimitsConfig, 'maxPublishBitrateBps' | 'maxAddressShare'>,
): void {
  /**
   * By stream: who published last, known by the bearer token, and what lets the same person take over. Encoders that
   * lost their network come back long before the old connection is known to be dead. As many as there are streams.
   */
  const publishers = new Map<string, { person: string; resumeToken: string }>()
  registerRtc(server, {
    prefix: 'whip',
    action: 'publish',
    posts,
    maxAddressShare: config.maxAddressShare,
    iceServers: () => iceServers(config, Date.now()),
    async open({ stream, offer, token, client, onEnd }) {
      const person = token === null ? null : createHash('sha256').update(token).digest('base64')
      const earlier = publishers.get(stream)
      const session = await WhipSession.open({
        streamName: stream,
        offer,
        resumeToken: person !== null && earlier?.person === person ? earlier.resumeToken : undefined,
        ...{ client, registry, publications, log },
        maxBitrateBps: config.maxPublishBitrateBps,
        onEnd,
      })
      for (const name of publishers.keys()) if (!registry.has(name)) publishers.delete(name)
      if (person === null) publishers.delete(stream)
      else publishers.set(stream, { person, resumeToken: session.resumeToken })
      return session
    },
  })
}
