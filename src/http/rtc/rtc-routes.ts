import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../auth/principal.ts'
import { GatewayError, toErrorShape } from '../../errors.ts'
import type { IceServer } from '../../ingest/ice-servers.ts'
import { type ClientKey, clientKey } from '../../limit/client-key.ts'
import { type Rate, RateLimit } from '../../limit/rate-limit.ts'
import { checkName } from '../../streams/registry.ts'
import { principalOf } from '../access/door.ts'
import { toGatewayError } from '../server.ts'
import { iceServerLinks } from './ice-server-links.ts'
import { type RtcConnection, RtcSession } from './rtc-session.ts'

export type OpenRequest = {
  stream: string
  offer: string
  principal: Principal
  /** IP address. */
  address: string
  client: ClientKey
  /** To be called when the connection ended by itself. */
  onEnd: () => void
}

export type RtcRouteOptions = {
  prefix: 'whip' | 'whep'
  /** POSTs: so many at once, so many a second over time. */
  posts: Rate
  /** The part of all limits that one address may take. */
  maxAddressShare: number
  /** STUN and TURN servers for one client. */
  iceServers: () => readonly IceServer[]
  open: (request: OpenRequest) => Promise<RtcConnection>
}

type StreamRequest = FastifyRequest<{ Params: { stream: string } }>
type SessionRequest = FastifyRequest<{ Params: { stream: string; session: string } }>

const sdpType = 'application/sdp'
const fragmentType = 'application/trickle-ice-sdpfrag'

/** For pages of other sites that may ask (`http/request-origin.ts`). */
const crossOriginHeaders = {
  'access-control-expose-headers': 'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After',
}
const preflightHeaders = {
  'access-control-allow-methods': 'OPTIONS, GET, HEAD, POST, PATCH, DELETE',
  'access-control-allow-headers': 'Authorization, Content-Type, If-Match',
  'access-control-max-age': '86400',
}

/**
 * The HTTP side that WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) have in common. `POST /{prefix}/{stream}` takes an
 * SDP offer and opens a session, `PATCH` and `DELETE /{prefix}/{stream}/{session}` change its ICE session and end it.
 * Refusals are `application/problem+json` (RFC 9457).
 */
export function registerRtc(server: FastifyInstance, options: RtcRouteOptions): void {
  const sessions = new Map<string, RtcSession>()
  const posts = new RateLimit(options.posts, options.maxAddressShare)
  const endpoint = `/${options.prefix}/:stream`
  const sessionPath = `${endpoint}/:session`

  const find = ({ params }: SessionRequest): RtcSession => {
    const session = sessions.get(params.session)
    if (session && session.stream === params.stream) return session
    throw new GatewayError('NOT_FOUND', 'There is no such session, or it has ended.')
  }

  server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    for (const type of [sdpType, fragmentType]) {
      scope.addContentTypeParser(type, { parseAs: 'string' }, (_, body, done) => done(null, body))
    }
    scope.addHook('onRequest', async (request: StreamRequest, reply) => {
      reply.headers({ ...crossOriginHeaders, 'cache-control': 'no-store' })
      checkName(request.params.stream)
    })
    scope.setErrorHandler((error: FastifyError, request, reply) => sendProblem(error, request, reply))

    scope.options(endpoint, async (_, reply) =>
      reply.headers({ ...preflightHeaders, 'accept-post': sdpType }).send(),
    )
    scope.options(sessionPath, async (_, reply) =>
      reply.headers({ ...preflightHeaders, 'accept-patch': fragmentType }).send(),
    )
    // RFC 9725 section 4.2: they have no representation.
    scope.get(endpoint, async (_, reply) => reply.code(204).send())
    scope.get(sessionPath, async (request: SessionRequest, reply) => {
      reply.header('etag', find(request).etag)
      return reply.code(204).send()
    })
    scope.route({
      method: ['PUT', 'PATCH', 'DELETE'],
      url: endpoint,
      ...notAllowed('OPTIONS, GET, HEAD, POST'),
    })
    scope.route({
      method: ['POST', 'PUT'],
      url: sessionPath,
      ...notAllowed('OPTIONS, GET, HEAD, PATCH, DELETE'),
    })

    scope.post(
      endpoint,
      {
        // Before the body is read.
        onRequest: async (request: StreamRequest) => {
          if (!posts.take(clientKey(request.ip)))
            throw new GatewayError('TOO_MANY_REQUESTS', 'Too many sessions begin. Try again soon.')
        },
      },
      async (request: StreamRequest, reply) => {
        const offer = bodyOf(request, sdpType)
        const { stream } = request.params
        let session: RtcSession | undefined
        let ended = false
        const onEnd = (): void => {
          ended = true
          if (session) sessions.delete(session.id)
        }
        const connection = await options.open({
          ...{ stream, offer, onEnd },
          ...{ principal: principalOf(request), address: request.ip, client: clientKey(request.ip) },
        })
        session = new RtcSession(stream, offer, connection)
        if (ended) throw new GatewayError('CONNECTION_LOST', 'The session ended as soon as it began.')
        sessions.set(session.id, session)
        const links = iceServerLinks(options.iceServers())
        if (links.length > 0) reply.header('link', links)
        return reply
          .code(201)
          .headers({
            // Relative, so that proxies need not be known. OBS takes only paths without a query.
            location: `/${options.prefix}/${stream}/${session.id}`,
            etag: session.etag,
            'accept-patch': fragmentType,
          })
          .type(sdpType)
          .send(connection.answer)
      },
    )

    scope.patch(sessionPath, async (request: SessionRequest, reply) => {
      const session = find(request)
      const answer = await session.patch(bodyOf(request, fragmentType), request.headers['if-match'])
      if (answer === null) return reply.code(204).send()
      return reply.header('etag', session.etag).type(fragmentType).send(answer)
    })

    scope.delete(sessionPath, async (request: SessionRequest, reply) => {
      const session = find(request)
      sessions.delete(session.id)
      await session.connection.close()
      // Not 204: OBS warns about anything but 200.
      return reply.code(200).send()
    })
  })
}

/** @throws GatewayError UNSUPPORTED_TYPE */
function bodyOf({ headers, body }: FastifyRequest<{ Params: { stream: string } }>, type: string): string {
  const given = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (given === type && typeof body === 'string') return body
  throw new GatewayError('UNSUPPORTED_TYPE', `The body must be ${type}.`)
}

function notAllowed(allow: string) {
  return {
    onRequest: async (_: FastifyRequest, reply: FastifyReply): Promise<void> => {
      reply.header('allow', allow)
      throw new GatewayError('METHOD_NOT_ALLOWED', `Here only ${allow} can be asked for.`)
    },
    handler: async (): Promise<void> => undefined,
  }
}

function sendProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known =
    error.statusCode === 415
      ? new GatewayError('UNSUPPORTED_TYPE', `The body must be ${sdpType} or ${fragmentType}.`, {
          cause: error,
        })
      : toGatewayError(error)
  const status = known?.status ?? 500
  if (!known || (known.fault === 'ours' && status !== 503)) {
    request.log.error(
      { err: error, method: request.method, route: request.routeOptions.url },
      'request failed',
    )
  }
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  if (status === 503 || status === 429 || known?.code === 'NOT_LIVE') reply.header('retry-after', '2')
  const { code, message } = toErrorShape(known)
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code }))
}
