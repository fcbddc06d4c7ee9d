import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '../../auth/access.ts'
import type { CredentialKind } from '../../auth/credentials.ts'
import { principalOf } from './door.ts'
import { parsed } from './parsed.ts'
import { keysQuerySchema, newKeySchema, newTokenSchema, rotationSchema } from './schemas.ts'

/**
 * `/api/keys`: publish keys of streams, which their owners may change · `/api/tokens`: API tokens for programs. The
 * secret is in the answer that makes one, and never again.
 */
export function registerCredentialsApi(server: FastifyInstance, access: Access): void {
  const { credentials } = access
  server.get('/api/keys', async (request) => {
    const { stream } = parsed(keysQuerySchema, request.query)
    if (stream !== undefined) access.check(principalOf(request), 'operate', stream)
    const keys = await credentials.list('key', stream)
    return { keys: keys.filter((key) => access.allows(principalOf(request), 'operate', key.stream)) }
  })
  server.post('/api/keys', async (request, reply) => {
    const { stream, label, expiresAt } = parsed(newKeySchema, request.body)
    access.check(principalOf(request), 'operate', stream)
    reply.code(201)
    return await credentials.create({ kind: 'key', stream, label, expiresAt, scope: null })
  })
  registerOne('key')

  server.get('/api/tokens', async () => ({ tokens: await credentials.list('token') }))
  server.post('/api/tokens', async (request, reply) => {
    const wanted = parsed(newTokenSchema, request.body)
    reply.code(201)
    return await credentials.create({ kind: 'token', ...wanted })
  })
  registerOne('token')

  /** Revoking one ends what it holds before the answer. */
  function registerOne(kind: CredentialKind): void {
    server.delete(`/api/${kind}s/:${kind}`, async (request, reply) => {
      const id = await checkedId(request, kind)
      await credentials.remove(kind, id)
      await access.held.recheck()
      return reply.code(204).send()
    })
    server.post(`/api/${kind}s/:${kind}/rotate`, async (request, reply) => {
      const { overlapSeconds } = parsed(rotationSchema, request.body)
      const created = await credentials.rotate(kind, await checkedId(request, kind), overlapSeconds)
      await access.held.recheck()
      reply.code(201)
      return created
    })
  }

  /** @throws GatewayError NOT_FOUND, and FORBIDDEN for the key of a stream that is not the asker's. */
  async function checkedId(request: FastifyRequest, kind: CredentialKind): Promise<string> {
    const principal = principalOf(request)
    // The same answer for an unknown id, so that it does not tell which ids exist.
    if (principal.kind === 'anonymous') access.check(principal, 'operate', null)
    const params = request.params as Record<string, string>
    const { id, stream } = await credentials.get(kind, params[kind] ?? '')
    access.check(principal, 'operate', stream)
    return id
  }
}
