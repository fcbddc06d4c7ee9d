import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import { checkOrigin } from '../request-origin.ts'
import { registerAuditApi } from './audit-api.ts'
import { registerCredentialsApi } from './credentials-api.ts'
import { registerPlayApi } from './play-api.ts'
import { registerSessionApi } from './session-api.ts'
import { registerUsersApi } from './users-api.ts'

/** Sessions, users, keys, tokens, who may watch, and the audit. */
export function registerAccessApi(
  server: FastifyInstance,
  access: Access,
  allowedHosts: readonly string[],
): void {
  server.register(async (scope) => {
    // Text is what a form of any page can send without being asked about it first.
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store')
      if (request.method !== 'GET' && request.method !== 'HEAD') checkOrigin(request, allowedHosts)
    })
    registerSessionApi(scope, access)
    registerUsersApi(scope, access)
    registerCredentialsApi(scope, access)
    registerPlayApi(scope, access)
    registerAuditApi(scope, access)
  })
}
