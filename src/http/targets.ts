import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { targetChangesSchema, targetSchema } from '../config/target-config.ts'
import { GatewayError } from '../errors.ts'
import { checkName } from '../streams/registry.ts'
import type { Targets } from '../targets/targets.ts'

type OfStream = { Params: { stream: string } }
type OfTarget = { Params: { stream: string; target: string } }

const path = '/api/streams/:stream/targets'

/**
 * The targets of a stream, also while it is idle; the stream `*` holds those of all streams:
 * `GET` and `POST /api/streams/{stream}/targets`, `GET`, `PATCH` and `DELETE …/{target}`, `POST …/{target}/start`,
 * `stop` and `retry`. Answers are `TargetDetails`, a list is `{ targets }`.
 */
export function registerTargets(server: FastifyInstance, targets: Targets): void {
  server.register(async (scope) => {
    // Text is what a form of any page can send without being asked about it first.
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    scope.get<OfStream>(path, async (request) => ({ targets: targets.list(streamOf(request)) }))
    scope.post<OfStream>(path, async (request, reply) => {
      const stream = streamOf(request)
      const added = await targets.add(stream, parsed(targetSchema, request.body))
      reply.code(201).header('location', `/api/streams/${stream}/targets/${encodeURIComponent(added.name)}`)
      return added
    })
    scope.get<OfTarget>(`${path}/:target`, async (request) =>
      targets.get(streamOf(request), request.params.target),
    )
    scope.patch<OfTarget>(`${path}/:target`, async (request) =>
      targets.patch(streamOf(request), request.params.target, parsed(targetChangesSchema, request.body)),
    )
    scope.delete<OfTarget>(`${path}/:target`, async (request, reply) => {
      await targets.remove(streamOf(request), request.params.target)
      return reply.code(204).send()
    })
    scope.post<OfTarget>(`${path}/:target/start`, async (request) =>
      targets.switch(streamOf(request), request.params.target, true),
    )
    scope.post<OfTarget>(`${path}/:target/stop`, async (request) =>
      targets.switch(streamOf(request), request.params.target, false),
    )
    scope.post<OfTarget>(`${path}/:target/retry`, async (request) =>
      targets.retry(streamOf(request), request.params.target),
    )
  })
}

/** @throws GatewayError BAD_STREAM_NAME */
function streamOf({ params }: FastifyRequest<OfStream>): string {
  return params.stream === '*' ? '*' : checkName(params.stream)
}

/** @throws GatewayError BAD_REQUEST with everything that is wrong. The schemas' messages hold no values: no keys. */
function parsed<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter(Boolean).join(': '),
  )
  throw new GatewayError('BAD_REQUEST', `${problems.join('; ')}.`)
}
