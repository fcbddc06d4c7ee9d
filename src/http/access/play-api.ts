import type { FastifyInstance } from 'fastify'
import type { Access } from '../../auth/access.ts'
import { principalKey } from '../../auth/principal.ts'
import { GatewayError } from '../../errors.ts'
import { checkName } from '../../streams/registry.ts'
import { bearerToken, principalOf } from './door.ts'
import { parsed } from './parsed.ts'
import { newPlayTokenSchema, revocationSchema, streamAccessSchema } from './schemas.ts'

type OfStream = { Params: { stream: string } }

/** Of tokens that people get for themselves: the page asks for the next one, which their role decides about again. */
const ownTokenSeconds = 300

/** Who may watch a stream: `/api/streams/{stream}/access` and `/api/streams/{stream}/play-tokens`. */
export function registerPlayApi(server: FastifyInstance, access: Access): void {
  server.get<OfStream>('/api/streams/:stream/access', async ({ params }) => ({
    visibility: access.streams.get(checkName(params.stream)),
  }))
  server.put<OfStream>('/api/streams/:stream/access', async ({ params, body }) => {
    const { visibility } = parsed(streamAccessSchema, body)
    await access.streams.set(checkName(params.stream), visibility)
    await access.held.recheck()
    return { visibility }
  })
  server.post<OfStream>('/api/streams/:stream/play-tokens', async (request, reply) => {
    const stream = checkName(request.params.stream)
    const principal = principalOf(request)
    const wanted = parsed(newPlayTokenSchema, request.body)
    reply.code(201)
    if (access.allows(principal, 'operate', stream)) {
      return shown(
        stream,
        await access.playTokens.issue({ ...wanted, stream, subject: wanted.subject ?? 'viewer' }),
      )
    }
    const subject = principalKey(principal)
    if (subject === null || principal.kind === 'player') {
      throw new GatewayError('FORBIDDEN', `Only who has a role on "${stream}" gets a play token.`)
    }
    const lifetimeSeconds = Math.min(wanted.lifetimeSeconds, ownTokenSeconds)
    return shown(stream, await access.playTokens.issue({ stream, subject, lifetimeSeconds, renewSeconds: 0 }))
  })
  server.post<OfStream>('/api/streams/:stream/play-tokens/renew', async (request) => {
    const renewed = await access.playTokens.renew(bearerToken(request) ?? '')
    if (renewed) return shown(checkName(request.params.stream), renewed)
    throw new GatewayError('FORBIDDEN', 'This token can not be renewed.')
  })
  server.post<OfStream>('/api/streams/:stream/play-tokens/revoke', async (request, reply) => {
    await access.revocations.add(checkName(request.params.stream), parsed(revocationSchema, request.body))
    await access.held.recheck()
    return reply.code(204).send()
  })
}

function shown(stream: string, issued: { token: string; id: string; expiresAt: string }) {
  return {
    ...issued,
    hls: `/hls/~${issued.token}/${stream}/index.m3u8`,
    watch: `/watch/${stream}#token=${issued.token}`,
  }
}
