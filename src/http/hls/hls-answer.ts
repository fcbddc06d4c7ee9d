import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { byteRange } from '../../hls/byte-range.ts'
import type { HlsResource } from '../../hls/hls-request.ts'

/**
 * What players may read of an answer; pages of which other sites may, `http/request-origin.ts` says. Of the headers that
 * protect pages, the one that is of use outside of them.
 */
export const hlsHeaders = {
  'access-control-expose-headers': 'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag',
  'x-content-type-options': 'nosniff',
}

/** A request, as far as it matters here. */
type Asked = { method?: string | undefined; headers: IncomingHttpHeaders }

/** A resource as it is sent: plain or by gzip. */
type Representation = {
  etag: string
  body: Buffer
  /** Of 304. */
  headers: OutgoingHttpHeaders
  /** Of 200. */
  wholeHeaders: OutgoingHttpHeaders
}
type Representations = { plain: Representation; gzip: Representation | undefined }

/** Made once for each resource, for which thousands of viewers ask. */
const made = new WeakMap<HlsResource, Representations>()

/** Status, headers and body of an answer. */
type Answer = readonly [status: number, headers: OutgoingHttpHeaders, body?: Buffer]

/**
 * Sends a resource past Fastify's reply, straight by Node's: thousands of viewers get the same bytes at the same moment,
 * and what is done for each of them decides how late the last one is.
 */
export function answerHls({ raw }: FastifyRequest, reply: FastifyReply, resource: HlsResource): void {
  const [status, headers, body] = answerTo(raw, resource)
  const response = reply.hijack().raw.writeHead(status, headers)
  if (body === undefined || raw.method === 'HEAD') response.end()
  else response.end(body)
}

function answerTo({ method, headers: asked }: Asked, resource: HlsResource): Answer {
  const { plain, gzip } = representationsOf(resource)
  const { etag, body, headers, wholeHeaders } = (acceptsGzip(asked['accept-encoding']) && gzip) || plain
  if (matches(asked['if-none-match'], etag)) return [304, headers]
  // RFC 9110 section 14.2: ranges are for GET only.
  const range = gzip === undefined && method === 'GET' ? rangeOf(asked, etag, body.length) : undefined
  if (range === undefined) return [200, wholeHeaders, body]
  if (range === 'unsatisfiable') {
    const contentRange = `bytes */${body.length}`
    return [
      416,
      { ...hlsHeaders, 'cache-control': 'no-store', 'content-range': contentRange, 'content-length': 0 },
    ]
  }
  const bytes = body.subarray(range.first, range.last + 1)
  const contentRange = `bytes ${range.first}-${range.last}/${body.length}`
  return [206, { ...wholeHeaders, 'content-range': contentRange, 'content-length': bytes.length }, bytes]
}

function representationsOf(resource: HlsResource): Representations {
  const known = made.get(resource)
  if (known) return known
  const { etag, body, gzip } = resource
  const representations = {
    plain: represent(resource, etag, body, gzip === undefined ? { 'accept-ranges': 'bytes' } : {}),
    gzip:
      gzip &&
      // RFC 9110 section 8.8.3.3: other bytes need another strong tag.
      represent(resource, etag.replace(/"$/, '-gz"'), gzip, { 'content-encoding': 'gzip' }),
  }
  made.set(resource, representations)
  return representations
}

function represent(
  { cacheControl, contentType, gzip }: HlsResource,
  etag: string,
  body: Buffer,
  more: OutgoingHttpHeaders,
): Representation {
  const vary = gzip === undefined ? {} : { vary: 'accept-encoding' }
  const headers = { ...hlsHeaders, 'cache-control': cacheControl, etag, ...vary }
  const wholeHeaders = { ...headers, 'content-type': contentType, 'content-length': body.length, ...more }
  return { etag, body, headers, wholeHeaders }
}

/** RFC 9110 section 13.1.5: If-Range with another version asks for the whole. */
function rangeOf(asked: IncomingHttpHeaders, etag: string, bytes: number): ReturnType<typeof byteRange> {
  return asked.range !== undefined && (asked['if-range'] ?? etag) === etag
    ? byteRange(asked.range, bytes)
    : undefined
}

/** Accept-Encoding names gzip and does not forbid it by `q=0` (RFC 9110 section 12.5.3). */
function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined) return false
  // What browsers send; the rest is for whoever is choosy.
  if (typeof header === 'string' && header.startsWith('gzip,')) return true
  const codings = String(header).split(',')
  return codings.some((coding) => /^\s*gzip\s*(;|$)/i.test(coding) && !/;\s*q=0(\.0*)?\s*$/i.test(coding))
}

/** If-None-Match compares weakly (RFC 9110 section 13.1.2): a proxy that compresses makes our tags weak. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}
