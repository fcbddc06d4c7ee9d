import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { byteRange, cut } from '../../hls/byte-range.ts'
import { type HlsResource, hlsHeaders } from '../../hls/resource.ts'

/** A request, as far as it matters here. */
type Asked = { method?: string | undefined; headers: IncomingHttpHeaders }

/** Status, headers and body of an answer. */
type Answer = readonly [status: number, headers: OutgoingHttpHeaders, body?: readonly Buffer[]]

/**
 * Sends a resource past Fastify's reply, straight by Node's: thousands of viewers get the same bytes at the same moment,
 * and what is done for each of them decides how late the last one is.
 */
export function answerHls({ raw }: FastifyRequest, reply: FastifyReply, resource: HlsResource): void {
  const [status, headers, body = []] = answerTo(raw, resource)
  const response = reply.hijack().raw.writeHead(status, headers)
  if (raw.method === 'HEAD' || body.length < 2) {
    response.end(raw.method === 'HEAD' ? undefined : body[0])
    return
  }
  // One write to the socket for all of it.
  response.cork()
  for (const bytes of body) response.write(bytes)
  response.uncork()
  response.end()
}

function answerTo({ method, headers: asked }: Asked, { plain, gzip }: HlsResource): Answer {
  const { etag, body, bytes, headers, wholeHeaders } =
    (acceptsGzip(asked['accept-encoding']) && gzip) || plain
  if (matches(asked['if-none-match'], etag)) return [304, headers]
  // RFC 9110 section 14.2: ranges are for GET only.
  const range = gzip === undefined && method === 'GET' ? rangeOf(asked, etag, bytes) : undefined
  if (range === undefined) return [200, wholeHeaders, body]
  if (range === 'unsatisfiable') {
    const contentRange = `bytes */${bytes}`
    return [
      416,
      { ...hlsHeaders, 'cache-control': 'no-store', 'content-range': contentRange, 'content-length': 0 },
    ]
  }
  const contentRange = `bytes ${range.first}-${range.last}/${bytes}`
  const length = range.last - range.first + 1
  return [206, { ...wholeHeaders, 'content-range': contentRange, 'content-length': length }, cut(body, range)]
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
  // What browsers send; the rest is for clients that are choosy.
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
