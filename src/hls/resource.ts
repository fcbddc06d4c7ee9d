import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { gzipSync } from 'node:zlib'

/** A body as it is sent, with the headers of its answers: made once for the thousands of viewers who ask for it. */
export type Representation = {
  /** Strong, with its quotes. */
  etag: string
  /** In order, without gaps. */
  body: readonly Buffer[]
  bytes: number
  /** Of 304. */
  headers: OutgoingHttpHeaders
  /** Of 200. */
  wholeHeaders: OutgoingHttpHeaders
}

/** What a request for HLS gets. It never changes. */
export type HlsResource = {
  plain: Representation
  /** Undefined for media, which has no redundancy left; ranges of it can be asked for instead. */
  gzip: Representation | undefined
}

/**
 * What players may read of an answer; pages of which other sites may, `http/request-origin.ts` says. Of the headers that
 * protect pages, the one that is of use outside of them.
 */
export const hlsHeaders = {
  'access-control-expose-headers': 'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag',
  'x-content-type-options': 'nosniff',
}

/** Epoch ids are random: a name never stands for other bytes. */
const mediaCaching = 'public, max-age=31536000, immutable'

/** A media file. @param name unique for ever: `{epoch}/{rendition}/{file}`. */
export function mediaResource(contentType: string, name: string, body: readonly Buffer[]): HlsResource {
  const headers = { 'cache-control': mediaCaching, etag: `"${name}"` }
  return { plain: representation(headers, { contentType, 'accept-ranges': 'bytes' }, body), gzip: undefined }
}

/** A playlist's text, its compressed form and its tag, for answers that differ in how long caches may keep them. */
export class PlaylistText {
  readonly #body: Buffer
  readonly #gzip: Buffer
  readonly #tag: string
  readonly #resources = new Map<string, HlsResource>()

  constructor(text: string) {
    this.#body = Buffer.from(text)
    this.#gzip = gzipSync(this.#body)
    this.#tag = createHash('sha256').update(this.#body).digest('base64url').slice(0, 22)
  }

  /** The same object for the same caching. */
  resource(cacheControl: string): HlsResource {
    const known = this.#resources.get(cacheControl)
    if (known) return known
    const contentType = 'application/vnd.apple.mpegurl'
    const headers = { 'cache-control': cacheControl, vary: 'accept-encoding' }
    const resource = {
      plain: representation({ ...headers, etag: `"${this.#tag}"` }, { contentType }, [this.#body]),
      // RFC 9110 section 8.8.3.3: other bytes need another strong tag.
      gzip: representation(
        { ...headers, etag: `"${this.#tag}-gz"` },
        { contentType, 'content-encoding': 'gzip' },
        [this.#gzip],
      ),
    }
    this.#resources.set(cacheControl, resource)
    return resource
  }
}

function representation(
  facts: OutgoingHttpHeaders & { etag: string },
  { contentType, ...more }: OutgoingHttpHeaders & { contentType: string },
  body: readonly Buffer[],
): Representation {
  const headers = { ...hlsHeaders, ...facts }
  const bytes = body.reduce((sum, { length }) => sum + length, 0)
  const wholeHeaders = { ...headers, 'content-type': contentType, 'content-length': bytes, ...more }
  return { etag: facts.etag, body, bytes, headers, wholeHeaders }
}
