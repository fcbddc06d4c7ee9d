import type { FastifyRequest } from 'fastify'
import type { Access } from '../../auth/access.ts'
import { type Principal, principalKey } from '../../auth/principal.ts'
import { GatewayError } from '../../errors.ts'
import type { PublishGate, PublishGrant } from '../../ingest/publish-grant.ts'
import { askerOf, principalOf } from './door.ts'

/** For the websocket: its key comes in a message, because addresses are logged on their way. */
export function publishGate(access: Access, request: FastifyRequest, stream: string): PublishGate {
  return async (key) => {
    const { ip: address } = request
    let principal = principalOf(request)
    try {
      const asker = askerOf(request)
      principal = await access.admit(
        key === undefined ? asker : { ...asker, bearer: key, session: null },
        'publish',
        stream,
      )
    } catch (error) {
      // Those that guess are no news after a while.
      if (error instanceof GatewayError && error.code !== 'TOO_MANY_REQUESTS')
        await access.audit.record(principal, address, 'publish-refused', stream, { code: error.code })
      throw error
    }
    return publishGrant(access, principal, address, stream)
  }
}

/** For a principal that may publish. */
export function publishGrant(
  access: Access,
  principal: Principal,
  address: string,
  stream: string,
): PublishGrant {
  return {
    principal: principalKey(principal),
    hold(end) {
      const release = access.held.hold(principal, 'publish', stream, (error) => {
        recordAudit('publish-revoked', error.code)
        end(error)
      })
      recordAudit('publish', null)
      return release
    },
  }

  function recordAudit(action: string, code: string | null): void {
    // It answers for its own failures.
    void access.audit.record(principal, address, action, stream, code === null ? {} : { code })
  }
}

/** The role on a stage that a request has without an invite; null for none. */
export function stageRole(
  access: Access,
  request: FastifyRequest,
  stream: string,
): (as: 'host' | 'guest') => 'host' | 'guest' | null {
  const principal = principalOf(request)
  return (as) => {
    if (!access.allows(principal, 'join', stream)) return null
    return as === 'host' && access.allows(principal, 'publish', stream) ? 'host' : 'guest'
  }
}
