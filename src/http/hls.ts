import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { streamNamePattern } from '../config.ts'
import { GatewayError } from '../errors.ts'
import { byteRange } from '../hls/byte-range.ts'
import type { Query } from '../hls/directives.ts'
import { type HlsResource, hlsRequest } from '../hls/origin.ts'
import type { HlsStore } from '../hls/store.ts'
import { WaitingRoom } from './waiting-room.ts'

type HlsRequest = FastifyRequest<{ Params: { stream: string; '*': string }; Querystring: Query }>

export type HlsRouteOptions = {
  /** The HLS store of a stream that is live or can still be fetched. */
  storeOf: (stream: string) => HlsStore | undefined
  /** Requests that may wait for media at the same time, over all streams. */
  maxWaitingRequests: number
}

/** Players on any page may play and measure: streams are public, and nothing here depends on cookies. */
const crossOriginHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag',
  'cross-origin-resource-policy': 'cross-origin',
}

const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'Range, If-None-Match, If-Range, Cache-Control',
  'access-control-max-age': '86400',
}

/**
 * Serves HLS below `/hls/{stream}/` by GET and HEAD, for pages of any origin. Requests for a playlist with more media,
 * or for the part that comes next, are answered when it is there.
 * Throws to the server's error handler: BAD_STREAM_NAME, STREAM_NOT_FOUND, NOT_FOUND, BAD_REQUEST, NO_NEW_MEDIA,
 * TOO_MANY_VIEWERS.
 */
export function registerHls(server: FastifyInstance, options: HlsRouteOptions): void {
  const room = new WaitingRoom(options.maxWaitingRequests)
  server.register(async (scope) => {
    let securityHeaders: OutgoingHttpHeaders | undefined
    scope.addHook('onRequest', async (_, reply) => {
      securityHeaders ??= await securityHeadersOf(reply)
      // For errors; a resource says otherwise. A 404 that is cached would hide the file that comes a moment later.
      reply.headers({ ...securityHeaders, ...crossOriginHeaders, 'cache-control': 'no-store' })
    })
    scope.options('/hls/*', { helmet: false }, async (_, reply) =>
      reply.code(204).headers(preflightHeaders).send(),
    )
    scope.get('/hls/:stream/*', { helmet: false }, async (request: HlsRequest, reply) => {
      const { stream, '*': path } = request.params
      if (!streamNamePattern.test(stream)) {
        throw new GatewayError('BAD_STREAM_NAME', 'A stream name has 1 to 64 of a-z, 0-9, "-" and "_".')
      }
      const store = options.storeOf(stream)
      if (!store) throw new GatewayError('STREAM_NOT_FOUND', `There is no stream "${stream}".`)
      const attempt = hlsRequest(store, path, request.query)
      return send(request, reply, attempt() ?? (await room.wait(store.waiters, attempt, reply.raw)))
    })
  })
}

/**
 * The headers that every answer of the server has. They never change, but the plugin works them out anew for each
 * request, which is too much when thousands of viewers are answered at once: its routes here are off, and this asks once.
 */
async function securityHeadersOf(reply: FastifyReply): Promise<OutgoingHttpHeaders> {
  await reply.helmet()
  return { ...reply.raw.getHeaders() }
}

function send(request: HlsRequest, reply: FastifyReply, resource: HlsResource): FastifyReply {
  const { cacheControl, contentType } = resource
  const gzipped = resource.gzip !== undefined && acceptsGzip(request.headers['accept-encoding'])
  const body = gzipped && resource.gzip ? resource.gzip : resource.body
  // RFC 9110 section 8.8.3.3: other bytes need another strong tag.
  const etag = gzipped ? resource.etag.replace(/"$/, '-gz"') : resource.etag
  reply.headers({ 'cache-control': cacheControl, etag })
  if (resource.gzip !== undefined) reply.header('vary', 'accept-encoding')
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.type(contentType)
  if (gzipped) reply.header('content-encoding', 'gzip')
  if (resource.gzip !== undefined) return reply.send(body)
  reply.header('accept-ranges', 'bytes')
  // RFC 9110 section 14.2: ranges are for GET only; section 13.1.5: If-Range with another version asks for the whole.
  const ranged = request.method === 'GET' && (request.headers['if-range'] ?? etag) === etag
  const range = ranged ? byteRange(request.headers.range, body.length) : undefined
  if (range === undefined) return reply.send(body)
  if (range === 'unsatisfiable') {
    reply.headers({ 'cache-control': 'no-store', 'content-range': `bytes */${body.length}` })
    return reply.code(416).type('text/plain').send('')
  }
  reply.header('content-range', `bytes ${range.first}-${range.last}/${body.length}`)
  return reply.code(206).send(body.subarray(range.first, range.last + 1))
}

/** Accept-Encoding names gzip and does not forbid it by `q=0` (RFC 9110 section 12.5.3). */
function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? '').split(',')
  return codings.some((coding) => /^\s*gzip\s*(;|$)/i.test(coding) && !/;\s*q=0(\.0*)?\s*$/i.test(coding))
}

/** If-None-Match compares weakly (RFC 9110 section 13.1.2): a proxy that compresses makes our tags weak. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}
