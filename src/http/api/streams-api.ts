import type { FastifyInstance } from 'fastify'
import type { Registry } from '../streams/registry.ts'
import { apiPage, openApiDocument } from './openapi.ts'

/**
 * `GET /api/streams` → `{ streams }` and `GET /api/streams/{stream}` → the same snapshot of one; what there is at
 * `/api/openapi.json`, and for people at `/api/docs`.
 */
export function registerApi(server: FastifyInstance, registry: Registry): void {
  // A scope of its own: its hook is not run for what thousands of viewers ask for.
  server.register(async (scope) => {
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    scope.get('/api/openapi.json', async () => openApiDocument())
    scope.get('/api/docs', async (_request, reply) => reply.type('text/html').send(apiPage()))
    scope.get('/api/streams', async () => ({ streams: registry.snapshot() }))
    scope.get<{ Params: { stream: string } }>('/api/streams/:stream', async ({ params }) =>
      registry.get(params.stream).snapshot(),
    )
  })
}
