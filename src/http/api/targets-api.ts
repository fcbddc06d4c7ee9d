import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { targetChangesSchema, targetSchema } from '../../config/target-config.ts'
import { checkName } from '../../streams/registry.ts'
import { targetDetailsSchema } from '../../targets/target-details.ts'
import type { Targets } from '../../targets/targets.ts'
import { tags } from './api-documents.ts'
import { errorAnswers, noContent } from './error-answers.ts'
import { streamParamsSchema } from './stream-params.ts'
import { zodRoutes } from './zod-routes.ts'

const path = '/api/streams/:stream/targets'
const listParamsSchema = z.object({
  stream: streamParamsSchema.shape.stream.meta({
    description: "The stream's name, or `*` for the targets of all streams.",
    pattern: `${streamParamsSchema.shape.stream.meta()?.pattern}|^\\*$`,
  }),
})
const targetParamsSchema = listParamsSchema.extend({ target: z.string().describe("The target's name.") })
const tag = { tags: [tags.targets] }
const changeErrors = ['BAD_STREAM_NAME', 'FORBIDDEN_ORIGIN', 'STATE_FAILED'] as const
const bodyErrors = ['BAD_REQUEST', 'TARGET_BLOCKED', 'TOO_LARGE', 'UNSUPPORTED_TYPE'] as const

/**
 * The targets of a stream, also while it is idle; the stream `*` holds those of all streams:
 * `GET` and `POST /api/streams/{stream}/targets`, `GET`, `PATCH` and `DELETE …/{target}`, `POST …/{target}/start`,
 * `stop` and `retry`.
 */
export function registerTargetsApi(server: FastifyInstance, targets: Targets): void {
  server.register(async (scope) => {
    // Text is what a form of any page can send without being asked about it first.
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    const routes = zodRoutes(scope)
    routes.get(
      path,
      {
        schema: {
          ...tag,
          summary: 'All RTMP targets of a stream, live or not, with their last changes of state',
          params: listParamsSchema,
          response: {
            200: z.object({ targets: z.array(targetDetailsSchema) }),
            ...errorAnswers('BAD_STREAM_NAME'),
          },
        },
      },
      async ({ params }) => ({ targets: targets.list(streamOf(params)) }),
    )
    routes.post(
      path,
      {
        schema: {
          ...tag,
          summary: 'Adds a target. Answers never hold its key',
          params: listParamsSchema,
          body: targetSchema,
          response: {
            201: targetDetailsSchema,
            ...errorAnswers(...changeErrors, ...bodyErrors, 'TARGET_TAKEN', 'TOO_MANY_TARGETS'),
          },
        },
      },
      async ({ params, body }, reply) => {
        const stream = streamOf(params)
        const added = await targets.add(stream, body)
        reply.code(201).header('location', `/api/streams/${stream}/targets/${encodeURIComponent(added.name)}`)
        return added
      },
    )
    routes.get(
      `${path}/:target`,
      {
        schema: {
          ...tag,
          summary: 'One target',
          params: targetParamsSchema,
          response: { 200: targetDetailsSchema, ...errorAnswers('BAD_STREAM_NAME', 'TARGET_NOT_FOUND') },
        },
      },
      async ({ params }) => targets.get(streamOf(params), params.target),
    )
    routes.patch(
      `${path}/:target`,
      {
        schema: {
          ...tag,
          summary: 'Changes a target; its push starts anew',
          params: targetParamsSchema,
          body: targetChangesSchema,
          response: {
            200: targetDetailsSchema,
            ...errorAnswers(...changeErrors, ...bodyErrors, 'TARGET_NOT_FOUND', 'TARGET_FIXED'),
          },
        },
      },
      async ({ params, body }) => targets.patch(streamOf(params), params.target, body),
    )
    routes.delete(
      `${path}/:target`,
      {
        schema: {
          ...tag,
          summary: 'Removes a target; answers when its push is gone',
          params: targetParamsSchema,
          response: {
            ...noContent,
            ...errorAnswers(...changeErrors, 'TARGET_NOT_FOUND', 'TARGET_FIXED'),
          },
        },
      },
      async ({ params }, reply) => {
        await targets.remove(streamOf(params), params.target)
        return reply.code(204).send(null)
      },
    )
    for (const [action, enabled] of [
      ['start', true],
      ['stop', false],
    ] as const) {
      routes.post(
        `${path}/:target/${action}`,
        {
          schema: {
            ...tag,
            summary: `Switches a target ${enabled ? 'on' : 'off'}, which is kept`,
            params: targetParamsSchema,
            response: {
              200: targetDetailsSchema,
              ...errorAnswers(...changeErrors, 'TARGET_NOT_FOUND', 'TOO_MANY_TARGETS'),
            },
          },
        },
        async ({ params }) => targets.switch(streamOf(params), params.target, enabled),
      )
    }
    routes.post(
      `${path}/:target/retry`,
      {
        schema: {
          ...tag,
          summary: 'Ends the wait for the next attempt',
          params: targetParamsSchema,
          response: {
            200: targetDetailsSchema,
            ...errorAnswers('BAD_STREAM_NAME', 'FORBIDDEN_ORIGIN', 'TARGET_NOT_FOUND', 'WRONG_STATE'),
          },
        },
      },
      async ({ params }) => targets.retry(streamOf(params), params.target),
    )
  })
}

/** @throws GatewayError BAD_STREAM_NAME */
function streamOf({ stream }: { stream: string }): string {
  return stream === '*' ? '*' : checkName(stream)
}
