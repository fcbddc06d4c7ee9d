import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type Invites, inviteSchema } from '../../stage/invites.ts'
import { roleSchema } from '../../stage/stage-snapshot.ts'
import { checkName } from '../../streams/registry.ts'
import { tags } from '../api/api-documents.ts'
import { errorAnswers, noContent } from '../api/error-answers.ts'
import { streamParamsSchema } from '../api/stream-params.ts'
import { zodRoutes } from '../api/zod-routes.ts'

const path = '/api/streams/:stream/invites'
const tag = { tags: [tags.stage], params: streamParamsSchema }

const newInviteSchema = z.strictObject({
  role: roleSchema.default('guest'),
  label: z.string().trim().max(60).default(''),
  expiresAt: z.iso.datetime().nullable().default(null).describe('ISO time; null: it does not expire.'),
  maxUses: z.int().min(1).max(1_000).nullable().default(null).describe('null: without limit.'),
})

/** Links into a stream's room, also before anybody is in it: `GET` and `POST …/invites`, `DELETE …/invites/{invite}`. */
export function registerInvitesApi(server: FastifyInstance, invites: Invites): void {
  server.register(async (scope) => {
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    const routes = zodRoutes(scope)
    routes.get(
      path,
      {
        schema: {
          ...tag,
          summary: 'All invites of a stream, without their tokens',
          response: { 200: z.object({ invites: z.array(inviteSchema) }), ...errorAnswers('BAD_STREAM_NAME') },
        },
      },
      async ({ params }) => ({ invites: invites.list(checkName(params.stream)) }),
    )
    routes.post(
      path,
      {
        schema: {
          ...tag,
          summary: 'Makes an invite. Only this answer holds its token, and the link with it',
          body: newInviteSchema,
          response: {
            201: inviteSchema.extend({ token: z.string(), path: z.string() }),
            ...errorAnswers('BAD_STREAM_NAME', 'BAD_REQUEST', 'FORBIDDEN_ORIGIN', 'TOO_MANY_REQUESTS'),
          },
        },
      },
      async ({ params, body: { expiresAt, ...rest } }, reply) => {
        const stream = checkName(params.stream)
        const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt)
        const { invite, token } = invites.create(stream, { ...rest, expiresAtMs })
        const page = invite.role === 'guest' ? 'join' : 'studio'
        reply.code(201)
        // Behind the fragment, which no request and no log holds.
        return { ...invite, token, path: `/${page}/${stream}#invite=${token}` }
      },
    )
    routes.delete(
      `${path}/:invite`,
      {
        schema: {
          ...tag,
          params: streamParamsSchema.extend({ invite: z.string().describe("The invite's id.") }),
          summary: 'Revokes an invite: it lets no one in from now on',
          response: { ...noContent, ...errorAnswers('BAD_STREAM_NAME', 'FORBIDDEN_ORIGIN', 'NOT_FOUND') },
        },
      },
      async ({ params }, reply) => {
        invites.revoke(checkName(params.stream), params.invite)
        return reply.code(204).send(null)
      },
    )
  })
}
