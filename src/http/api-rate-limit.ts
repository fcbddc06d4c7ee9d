import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import { clientKey } from '../limit/client-key.ts'

/** Requests to `/api/` of one address: pages ask once or twice a second, and people have several open. */
const api = { max: 150, timeWindow: 5_000 }
/** Addresses that are remembered. */
const maxClients = 10_000
const thisMachine = 'this machine'

/** Bounds how often one address asks the API. To be called before its routes are registered. */
export async function limitApiRate(server: FastifyInstance): Promise<void> {
  // Before the plugin's own hook, which reads what this one writes.
  server.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/')) route.config = { ...route.config, rateLimit: api }
  })
  await server.register(rateLimit, {
    global: false,
    cache: maxClients,
    keyGenerator: ({ ip }) => clientKey(ip) ?? thisMachine,
    allowList: (_, key) => key === thisMachine,
    errorResponseBuilder: () =>
      new GatewayError('TOO_MANY_REQUESTS', 'Too many requests come from your address. Try again soon.'),
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
  })
}
