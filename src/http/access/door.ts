import { isDeepStrictEqual } from 'node:util'
import cookie from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Access, Asker } from '../../auth/access.ts'
import { anonymous, type Principal } from '../../auth/principal.ts'
import { GatewayError } from '../../errors.ts'
import { type RouteAccess, routeAccess } from './route-access.ts'
import { sessionOf } from './session-cookie.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null before the door, and on routes that ask nothing. */
    principal: Principal | null
  }
}

/** Headers that proxies add. */
const forwardedHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip'] as const

export type DoorOptions = {
  access: Access
  /** Open only because this machine alone should reach the gateway: then nothing that came through a proxy is let in. */
  onlyThisMachine: boolean
  /** Table of all routes; another one for tests. */
  table?: Readonly<Record<string, RouteAccess>>
}

/**
 * The one door: each route asks what the table says before anything else of it runs. To be called before the routes
 * are registered. The server does not get ready with a route that is not in the table.
 */
export async function registerDoor(
  server: FastifyInstance,
  { access, onlyThisMachine, table = routeAccess }: DoorOptions,
): Promise<void> {
  // Cookies are read where they are needed: most requests are players'.
  await server.register(cookie, { hook: false })
  server.decorateRequest('principal', null)
  const unknown = new Set<string>()
  server.addHook('onRoute', (route) => {
    const declared = accessOf(route, table)
    if (!declared) unknown.add(`${String(route.method)} ${route.url}`)
    else if (declared.asks !== 'nothing' && declared.asks !== 'inline') {
      const check = async (request: FastifyRequest): Promise<void> => {
        if (onlyThisMachine) refuseProxies(request)
        if (declared.asks === 'stream') {
          request.principal = await access.admit(askerOf(request), declared.action, streamOf(request))
          return
        }
        request.principal = await identify(access, request)
        if (declared.asks === 'gateway') access.check(request.principal, declared.action, null)
      }
      route.onRequest = [check, ...[route.onRequest ?? []].flat()]
      if (isAudited(route)) {
        route.onResponse = [
          ...[route.onResponse ?? []].flat(),
          (request, reply) => record(access, request, reply),
        ]
      }
    }
  })
  server.addHook('onReady', async () => {
    if (unknown.size === 0) return
    throw new GatewayError(
      'INTERNAL',
      `No word in http/access/route-access.ts about: ${[...unknown].join(', ')}`,
    )
  })
}

/** Changes by the API. Who signs in and publishes is recorded where it is known. */
function isAudited({ method, url }: RouteOptions): boolean {
  return (
    url.startsWith('/api/') &&
    !url.startsWith('/api/session') &&
    ![method].flat().some((each) => /^(GET|HEAD)$/.test(each))
  )
}

/** Names from the path only: what is in bodies and headers may be secret. */
async function record(access: Access, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (reply.statusCode >= 400) return
  const { stream = null, ...others } = paramsOf(request)
  const action = `${request.method} ${request.routeOptions.url}`
  await access.audit.record(principalOf(request), request.ip, action, stream, others)
}

/** Who asks. */
export function principalOf({ principal }: FastifyRequest): Principal {
  return principal ?? anonymous
}

/** @throws GatewayError UNAUTHENTICATED, TOO_MANY_REQUESTS */
export async function identify(access: Access, request: FastifyRequest): Promise<Principal> {
  return await access.identify(askerOf(request))
}

/** What a request shows of who asks. */
export function askerOf(request: FastifyRequest): Asker {
  return {
    bearer: bearerToken(request),
    session: sessionOf(request),
    address: request.ip,
    protocol: protocolOf(request.url),
    userAgent: request.headers['user-agent'] ?? null,
  }
}

function protocolOf(url: string): string {
  const [, first = ''] = url.split('/')
  return first === 'ws' ? 'websocket' : first
}

/** The token of `Authorization: Bearer …` (RFC 6750); null without one. */
export function bearerToken({ headers }: FastifyRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null
}

function accessOf(
  { method, url }: RouteOptions,
  table: Readonly<Record<string, RouteAccess>>,
): RouteAccess | undefined {
  // The documents' viewer brings its own files along.
  const path = url.startsWith('/api/docs') ? '/api/docs' : url
  const declared = [method].flat().map((each) => table[`${each === 'HEAD' ? 'GET' : each} ${path}`])
  const [first] = declared
  // Methods of one route that ask for different things would need a check for each.
  return declared.every((each) => isDeepStrictEqual(each, first)) ? first : undefined
}

function streamOf({ params }: FastifyRequest): string {
  if (typeof params === 'object' && params !== null && 'stream' in params) return String(params.stream)
  throw new TypeError('the route has no stream in its path')
}

function paramsOf({ params }: FastifyRequest): Record<string, string> {
  return typeof params === 'object' && params !== null ? { ...params } : {}
}

/** @throws GatewayError FORBIDDEN */
function refuseProxies({ headers }: FastifyRequest): void {
  if (forwardedHeaders.every((name) => headers[name] === undefined)) return
  throw new GatewayError(
    'FORBIDDEN',
    'The request came through a proxy, so others than this machine reach the gateway. Set SLUICE_ACCESS to required, or to open.',
  )
}
