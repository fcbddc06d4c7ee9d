import type { FastifyInstance } from 'fastify'
import type { PublisherRefusals } from '../webhooks/publisher-refusals.ts'
import { toGatewayError } from './server.ts'

/** Notes publishers by WHIP that are refused, by the door or later. To be called before its routes are registered. */
export function noteWhipRefusals(server: FastifyInstance, refusals: PublisherRefusals): void {
  server.addHook('onRoute', (route) => {
    if (route.url !== '/whip/:stream' || route.method !== 'POST') return
    route.onError = async ({ params, ip }, _reply, cause) => {
      const error = toGatewayError(cause)
      if (error && typeof params === 'object' && params !== null && 'stream' in params)
        refusals.add({ stream: String(params.stream), protocol: 'whip', address: ip, error })
    }
  })
}
