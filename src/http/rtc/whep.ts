import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import type { LimitsConfig } from '../../config/sections/limits-config.ts'
import { GatewayError } from '../../errors.ts'
import { type IceServerSettings, iceServers } from '../../ingest/ice-servers.ts'
import { CountLimit, shareOf } from '../../limit/count-limit.ts'
import type { Viewer } from '../../sfu/viewers/viewer.ts'
import type { Registry } from '../../streams/registry.ts'
import { registerRtc } from './rtc-routes.ts'

/** All viewers of a publisher who came back arrive within a second. */
const posts = { burst: 200, perSecond: 50 }

/**
 * WHEP (draft-ietf-wish-whep): `POST /whep/{stream}` watches in real time. 409 with Retry-After while the stream is not
 * live.
 */
export function registerWhep(
  server: FastifyInstance,
  registry: Registry,
  access: Access,
  config: IceServerSettings & Pick<LimitsConfig, 'maxRealtimeViewers' | 'maxAddressShare'>,
): void {
  const { maxRealtimeViewers: total, maxAddressShare } = config
  const viewers = new CountLimit({ total, each: shareOf(total, maxAddressShare) })
  registerRtc(server, {
    prefix: 'whep',
    posts,
    maxAddressShare,
    iceServers: () => iceServers(config, Date.now()),
    async open({ stream, offer, principal, client, onEnd }) {
      const leavePlace = viewers.enter(client, (fullness) =>
        fullness === 'client'
          ? new GatewayError('TOO_MANY_REQUESTS', 'Too many viewers watch in real time from your address.')
          : new GatewayError(
              'TOO_MANY_VIEWERS',
              `The gateway takes ${total} viewers in real time (SLUICE_MAX_REALTIME_VIEWERS).`,
            ),
      )
      let viewer: Viewer | undefined
      let release: (() => void) | undefined
      let revoked = false
      const leave = (): void => {
        leavePlace()
        release?.()
      }
      try {
        release = access.held.hold(principal, 'watch', stream, () => {
          revoked = true
          // Its end is told as if it had left.
          viewer?.close()
        })
        const opened = await registry.watch(stream, { offer, client }, () => {
          leave()
          onEnd()
        })
        viewer = opened
        if (revoked) opened.close()
        return {
          answer: opened.answer,
          restartIce: () => opened.restartIce(),
          close: async () => opened.close(),
        }
      } catch (error) {
        leave()
        throw error
      }
    },
  })
}
