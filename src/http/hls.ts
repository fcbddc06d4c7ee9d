import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { streamNamePattern } from '../config.ts'
import { GatewayError } from '../errors.ts'
import { byteRange } from '../hls/byte-range.ts'
import { type HlsResource, hlsResource } from '../hls/origin.ts'
import type { HlsStore } from '../hls/store.ts'

type HlsRequest = FastifyRequest<{ Params: { stream: string; '*': string } }>

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
 * Serves HLS below `/hls/{stream}/` by GET and HEAD, for pages of any origin.
 * Throws to the server's error handler: BAD_STREAM_NAME, STREAM_NOT_FOUND, NOT_FOUND.
 * @param storeOf the HLS store of a stream that is live or can still be fetched.
 */
export function registerHls(
  server: FastifyInstance,
  storeOf: (stream: string) => HlsStore | undefined,
): void {
  server.register(async (scope) => {
    scope.addHook('onRequest', async (_, reply) => {
      // For errors; a resource says otherwise. A 404 that is cached would hide the file that comes a moment later.
      reply.headers({ ...crossOriginHeaders, 'cache-control': 'no-store' })
    })
    scope.options('/hls/*', async (_, reply) => reply.code(204).headers(preflightHeaders).send())
    scope.get('/hls/:stream/*', async (request: HlsRequest, reply) => {
      const { stream, '*': path } = request.params
      if (!streamNamePattern.test(stream)) {
        throw new GatewayError('BAD_STREAM_NAME', 'A stream name has 1 to 64 of a-z, 0-9, "-" and "_".')
      }
      const store = storeOf(stream)
      if (!store) throw new GatewayError('STREAM_NOT_FOUND', `There is no stream "${stream}".`)
      return send(request, reply, hlsResource(store, path))
    })
  })
}

function send(request: HlsRequest, reply: FastifyReply, resource: HlsResource): FastifyReply {
  const { body, etag, cacheControl, contentType } = resource
  reply.headers({ 'cache-control': cacheControl, etag })
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.type(contentType)
  if (typeof body === 'string') return reply.send(body)
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

/** If-None-Match compares weakly (RFC 9110 section 13.1.2): a proxy that compresses makes our tags weak. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}
