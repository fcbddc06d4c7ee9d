import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Access } from '../../auth/access.ts'
import type { OutputKinds } from '../../streams/output.ts'
import type { Registry } from '../../streams/registry.ts'
import { type StreamSnapshot, streamSnapshotSchema } from '../../streams/stream-snapshot.ts'
import { principalOf } from '../access/door.ts'
import { tags } from './api-documents.ts'
import { errorAnswers } from './error-answers.ts'
import { streamParamsSchema } from './stream-params.ts'
import { zodRoutes } from './zod-routes.ts'

/** `GET /api/streams` → `{ streams }` and `GET /api/streams/{stream}` → the same snapshot of one. */
export function registerStreamsApi(
  server: FastifyInstance,
  registry: Pick<Registry, 'get' | 'snapshot'>,
  outputs: OutputKinds,
  access: Pick<Access, 'allows' | 'lists'>,
): void {
  const stream = streamSnapshotSchema.extend(schemasOf(outputs)).meta({ id: 'Stream' })
  // A scope of its own: its hook is not run for what thousands of viewers ask for.
  server.register(async (scope) => {
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    const routes = zodRoutes(scope)
    routes.get(
      '/api/streams',
      {
        schema: {
          tags: [tags.streams],
          summary: 'All streams',
          response: { 200: z.object({ streams: z.array(stream) }) },
        },
      },
      async (request) => ({
        streams: registry
          .snapshot()
          .filter(({ name }) => access.lists(principalOf(request), name))
          .map((snapshot) => shownTo(request, snapshot)),
      }),
    )
    routes.get(
      '/api/streams/:stream',
      {
        schema: {
          tags: [tags.streams],
          summary: 'One stream',
          params: streamParamsSchema,
          response: { 200: stream, ...errorAnswers('BAD_STREAM_NAME', 'STREAM_NOT_FOUND') },
        },
      },
      async (request) => shownTo(request, registry.get(request.params.stream).snapshot()),
    )
  })

  /** Viewers see whether it is live; how it is made, and where it goes, is for those who run it. */
  function shownTo(request: FastifyRequest, snapshot: StreamSnapshot) {
    // Spread, because the type of what outputs add is an interface, which the compiler keeps out of open objects.
    if (access.allows(principalOf(request), 'read', snapshot.name)) return { ...snapshot }
    return { ...snapshot, packager: null, feed: null, targets: [] }
  }
}

/** What each output adds to a stream's snapshot, by its name. */
function schemasOf(outputs: OutputKinds): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { schema }]) => [name, schema]))
}
