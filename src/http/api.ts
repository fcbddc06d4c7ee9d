import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '../auth/access.ts'
import type { Registry } from '../streams/registry.ts'
import type { StreamSnapshot } from '../streams/stream-snapshot.ts'
import { principalOf } from './access/door.ts'
import { apiPage, openApiDocument } from './openapi.ts'

/**
 * `GET /api/streams` → `{ streams }` and `GET /api/streams/{stream}` → the same snapshot of one; what there is at
 * `/api/openapi.json`, and for people at `/api/docs`.
 */
export function registerApi(server: FastifyInstance, registry: Registry, access: Access): void {
  // A scope of its own: its hook is not run for what thousands of viewers ask for.
  server.register(async (scope) => {
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    scope.get('/api/openapi.json', async () => openApiDocument())
    scope.get('/api/docs', async (_request, reply) => reply.type('text/html').send(apiPage()))
    scope.get('/api/streams', async (request) => ({
      streams: registry
        .snapshot()
        .filter(({ name }) => access.lists(principalOf(request), name))
        .map((snapshot) => shownTo(request, snapshot)),
    }))
    scope.get<{ Params: { stream: string } }>('/api/streams/:stream', async (request) =>
      shownTo(request, registry.get(request.params.stream).snapshot()),
    )
  })

  /** Viewers see whether it is live; how it is made and where it goes is for those who run it. */
  function shownTo(request: FastifyRequest, snapshot: StreamSnapshot): StreamSnapshot {
    if (access.allows(principalOf(request), 'read', snapshot.name)) return snapshot
    return { ...snapshot, packager: null, feed: null, targets: [] }
  }
}
