import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import { registerAuditApi } from './audit-api.ts'
import { registerCredentialsApi } from './credentials-api.ts'
import { registerPlayApi } from './play-api.ts'
import { registerSessionApi } from './session-api.ts'
import { registerUsersApi } from './users-api.ts'

/** Sessions, users, keys, tokens, who may watch, and the audit. */
export function registerAccessApi(server: FastifyInstance, access: Access): void {
  server.register(async (scope) => {
    // Text is what a form of any page can send without being asked about it first.
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (_, reply) => void reply.header('cache-control', 'no-store'))
    registerSessionApi(scope, access)
    registerUsersApi(scope, access)
    registerCredentialsApi(scope, access)
    registerPlayApi(scope, access)
    registerAuditApi(scope, access)
  })
}
