import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import { principalName } from '../../auth/principal.ts'
import { principalOf } from './door.ts'
import { parsed } from './parsed.ts'
import { signInSchema, useLinkSchema } from './schemas.ts'
import { sessionOf, setSession } from './session-cookie.ts'

/**
 * `GET /api/session`: who asks, and what they may do · `POST` signs in with name and password, `DELETE` signs out ·
 * `POST /api/session/link` sets the password by a link that works once.
 */
export function registerSessionApi(server: FastifyInstance, access: Access): void {
  server.get('/api/session', async (request) => {
    const principal = principalOf(request)
    return {
      mode: access.mode,
      kind: principal.kind,
      id: principal.kind === 'anonymous' ? null : principal.id,
      name: principalName(principal),
      roles: principal.kind === 'user' ? Object.fromEntries(principal.roles) : {},
      operates: access.allows(principal, 'operate', null),
    }
  })
  server.post('/api/session', async (request, reply) => {
    const { name, password } = parsed(signInSchema, request.body)
    const { user, session } = await access.signIn(name, password, request.ip)
    setSession(request, reply, session)
    return user
  })
  server.delete('/api/session', async (request, reply) => {
    const session = sessionOf(request)
    if (session !== null) await access.sessions.end(session)
    setSession(request, reply, null)
    return reply.code(204).send()
  })
  server.post('/api/session/link', async (request, reply) => {
    const { link, password } = parsed(useLinkSchema, request.body)
    const { user, session } = await access.useLink(link, password, request.ip)
    setSession(request, reply, session)
    return user
  })
}
