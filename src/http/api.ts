import type { FastifyInstance } from 'fastify'
import type { Registry } from '../streams/registry.ts'
import { apiPage, openApiDocument } from './openapi.ts'

/**
 * `GET /api/streams` → `{ streams }` and `GET /api/streams/{stream}` → the same snapshot of one; what there is at
 * `/api/openapi.json`, and for people at `/api/docs`.
 */
export function registerApi(server: FastifyInstance, registry: Registry): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
  })
  server.get('/api/openapi.json', async () => openApiDocument())
  server.get('/api/docs', async (_request, reply) => reply.type('text/html').send(apiPage()))
  server.get('/api/streams', async () => ({ streams: registry.snapshot() }))
  server.get<{ Params: { stream: string } }>('/api/streams/:stream', async ({ params }) =>
    registry.get(params.stream).snapshot(),
  )
}
