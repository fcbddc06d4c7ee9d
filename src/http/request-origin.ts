import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { HttpConfig } from '../config/sections/http-config.ts'
import { GatewayError } from '../errors.ts'

export type OriginSettings = Pick<HttpConfig, 'allowedHosts' | 'allowedOrigins'> & {
  /** Whether the gateway's own certificate is for a name; null without a certificate. */
  hasCertificateFor: ((name: string) => boolean) | null
}

/** Methods by which a page changes nothing. */
const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Browsers let any page send requests and open websockets anywhere, so a page of another site could go live, or add
 * targets, through a visitor's browser. They do say which page asks (`Origin`, `Sec-Fetch-Site`) and which name led it
 * here (`Host`): names of others can be made to lead to this machine (DNS rebinding), and then the page is of the same
 * origin as its requests.
 */
export class RequestOrigin {
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  readonly #hasCertificateFor: OriginSettings['hasCertificateFor']
  /** Nearly all requests name the same host. */
  #lastKnownHost = ''

  constructor({ allowedHosts, allowedOrigins, hasCertificateFor }: OriginSettings) {
    const own = hostname().toLowerCase()
    this.#hosts = new Set([...allowedHosts.map((host) => host.toLowerCase()), own, `${own}.local`])
    this.#origins = new Set(allowedOrigins)
    this.#hasCertificateFor = hasCertificateFor
  }

  /** Pages of every site may use the gateway. */
  get openToAll(): boolean {
    return this.#origins.has('*')
  }

  /** Pages of some other sites may use the gateway. */
  get openToSome(): boolean {
    return this.#origins.size > 0
  }

  /**
   * @param host the Host header; requests without one come from no browser.
   * @throws GatewayError UNKNOWN_HOST
   */
  checkHost(host: string | undefined): void {
    if (host === undefined || host === this.#lastKnownHost) return
    if (!this.#isOwnHost(host)) {
      const shown = host.replace(/[^\w.:[\]-]/g, '').slice(0, 100)
      throw new GatewayError(
        'UNKNOWN_HOST',
        `The gateway is not known as "${shown}". If that is its name, add it to SLUICE_ALLOWED_HOSTS.`,
      )
    }
    this.#lastKnownHost = host
  }

  /**
   * For requests that change something, and websockets. The host was checked before.
   * @throws GatewayError FORBIDDEN_ORIGIN
   */
  checkOrigin({ headers }: Pick<FastifyRequest, 'headers'>): void {
    const { origin, 'sec-fetch-site': site } = headers
    if (origin !== undefined && this.allows(origin)) return
    if (site === undefined || site === 'same-origin' || site === 'none') {
      // Without an origin it is no page: browsers send one with everything that is not a GET or HEAD.
      if (origin === undefined || this.#isOwnOrigin(origin, hostOf(headers))) return
    }
    throw new GatewayError(
      'FORBIDDEN_ORIGIN',
      'This page is of another site. If it may use the gateway, add its origin to SLUICE_ALLOWED_ORIGINS.',
    )
  }

  /** Whether pages of another origin may use the gateway. */
  allows(origin: string): boolean {
    return this.openToAll || this.#origins.has(origin)
  }

  /** A name that only this gateway can have, or that the operator gave: no other site can make a page of it. */
  #isOwnHost(host: string): boolean {
    if (!/^[\w.:[\]-]{1,260}$/.test(host) || !URL.canParse(`http://${host}`)) return false
    const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
    return (
      isIP(name) > 0 ||
      name === 'localhost' ||
      name.endsWith('.localhost') ||
      this.#hosts.has(name) ||
      (this.#hasCertificateFor?.(name) ?? false)
    )
  }

  #isOwnOrigin(origin: string, host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(origin)) return false
    const { protocol, host: originHost } = new URL(origin)
    // A page that came by plain HTTP can be of anyone on the way.
    if (this.#hasCertificateFor !== null && protocol !== 'https:') return false
    return originHost === host.toLowerCase()
  }
}

/**
 * Checks every request of every route, websockets and files included, and lets the pages of allowed origins read the
 * answers (CORS). Without hooks that wait: HLS is answered to thousands at a time.
 */
export function checkRequestOrigins(server: FastifyInstance, rules: RequestOrigin): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { headers } = request
    rules.checkHost(hostOf(headers))
    if (!harmless.has(request.method) || headers.upgrade !== undefined) rules.checkOrigin(request)
    if (rules.openToSome) allowReading(rules, headers.origin, reply.raw)
    done()
  })
}

/** On Node's response, because HLS is answered past Fastify's. */
function allowReading(
  rules: RequestOrigin,
  origin: string | undefined,
  response: { setHeader(name: string, value: string): unknown },
): void {
  // Of a list of origins one is named, so the answer is another one for each of them (Fetch Standard, section 3.3).
  if (!rules.openToAll) response.setHeader('vary', 'origin')
  if (!rules.openToAll && (origin === undefined || !rules.allows(origin))) return
  response.setHeader('access-control-allow-origin', rules.openToAll ? '*' : (origin ?? ''))
  response.setHeader('cross-origin-resource-policy', 'cross-origin')
}

/** HTTP/2 has a pseudo header instead (RFC 9113 section 8.3.1). Not `request.host`, which proxies may set. */
function hostOf(headers: FastifyRequest['headers']): string | undefined {
  const authority = headers[':authority']
  return headers.host ?? (typeof authority === 'string' ? authority : undefined)
}
