import type { FastifyInstance } from 'fastify'
import type { LimitsConfig } from '../../config/sections/limits-config.ts'
import { GatewayError } from '../../errors.ts'
import { type IceServerSettings, iceServers } from '../../ingest/ice-servers.ts'
import type { Registry } from '../../streams/registry.ts'
import { registerRtc } from './rtc-routes.ts'

/** All viewers of a publisher who came back arrive within a second. */
const posts = { burst: 200, perSecond: 50 }

/** WHEP (draft-ietf-wish-whep): `POST /whep/{stream}` watches in real time. 409 with Retry-After while nobody is live. */
export function registerWhep(
  server: FastifyInstance,
  registry: Registry,
  config: IceServerSettings & Pick<LimitsConfig, 'maxRealtimeViewers'>,
): void {
  let viewers = 0
  registerRtc(server, {
    prefix: 'whep',
    action: 'watch',
    posts,
    iceServers: () => iceServers(config, Date.now()),
    async open({ stream, offer, onEnd }) {
      if (viewers >= config.maxRealtimeViewers) {
        throw new GatewayError(
          'TOO_MANY_VIEWERS',
          `The gateway takes ${config.maxRealtimeViewers} viewers in real time (SLUICE_MAX_REALTIME_VIEWERS).`,
        )
      }
      viewers += 1
      let counted = true
      const leave = (): void => {
        if (counted) viewers -= 1
        counted = false
      }
      try {
        const viewer = await registry.watch(stream, offer, () => {
          leave()
          onEnd()
        })
        return {
          answer: viewer.answer,
          restartIce: () => viewer.restartIce(),
          close: async () => viewer.close(),
        }
      } catch (error) {
        leave()
        throw error
      }
    },
  })
}
