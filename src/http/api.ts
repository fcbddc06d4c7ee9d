import type { FastifyInstance } from 'fastify'
import type { Registry } from '../streams/registry.ts'

/** `GET /api/streams` → `{ streams }` and `GET /api/streams/{stream}` → the same snapshot of one. */
export function registerApi(server: FastifyInstance, registry: Registry): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
  })
  server.get('/api/streams', async () => ({ streams: registry.snapshot() }))
  server.get<{ Params: { stream: string } }>('/api/streams/:stream', async ({ params }) =>
    registry.get(params.stream).snapshot(),
  )
}
