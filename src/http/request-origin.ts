import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'

/**
 * Browsers let any page send requests and open websockets anywhere, so a page of another site could go live, or add
 * targets, through a visitor's browser. They do say where the page is from.
 * @param allowedHosts names under which the gateway is reached by plain HTTP.
 * @throws GatewayError FORBIDDEN_ORIGIN
 */
export function checkOrigin(request: FastifyRequest, allowedHosts: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site === undefined || site === 'same-origin' || site === 'none') {
    // Without an origin it is no page: browsers send one with everything that is not a GET or HEAD.
    if (origin === undefined || isOwnOrigin(origin, request.host, allowedHosts)) return
  }
  throw new GatewayError(
    'FORBIDDEN_ORIGIN',
    'This page may not do that here. If it is the gateway’s own, its name belongs into SLUICE_ALLOWED_HOSTS.',
  )
}

/**
 * Whether a page is the gateway's own: its host is the one that the request goes to. Somebody else's name may be made
 * to lead to this machine (DNS rebinding), and then both are the same. But a name like that can't have a certificate
 * here, so by plain HTTP only those names count that nobody else can give out.
 */
export function isOwnOrigin(origin: string, host: string, allowedHosts: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, host: originHost, hostname } = new URL(origin)
  if (originHost !== host.toLowerCase()) return false
  if (protocol === 'https:') return true
  const name = hostname.replace(/^\[|\]$/g, '')
  return (
    isIP(name) > 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    allowedHosts.some((allowed) => allowed.toLowerCase() === name)
  )
}
