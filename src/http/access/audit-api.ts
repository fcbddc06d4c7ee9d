import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import { GatewayError } from '../../errors.ts'
import { parsed } from './parsed.ts'
import { auditQuerySchema } from './schemas.ts'

/** `/api/audit`: who did what from where, the newest first · `/api/lockouts`: who has to wait after failed attempts. */
export function registerAuditApi(server: FastifyInstance, access: Access): void {
  server.get('/api/audit', async ({ query }) => ({
    entries: await access.audit.list(parsed(auditQuerySchema, query)),
  }))
  server.get('/api/lockouts', async () => ({
    lockouts: [
      ...access.accountLockouts.list().map(({ of, ...lockout }) => ({ id: `account:${of}`, ...lockout })),
      ...access.addressLockouts.list().map(({ of, ...lockout }) => ({ id: `address:${of}`, ...lockout })),
    ],
  }))
  server.delete<{ Params: { lockout: string } }>('/api/lockouts/:lockout', async ({ params }, reply) => {
    const [, kind, of = ''] = /^(account|address):(.*)$/s.exec(params.lockout) ?? []
    const lockouts = kind === 'account' ? access.accountLockouts : access.addressLockouts
    if (!lockouts.forget(of)) throw new GatewayError('NOT_FOUND', 'There is no such lockout.')
    return reply.code(204).send()
  })
}
