import type { FastifyRequest } from 'fastify'

/** What somebody wants to do, and the bearer token (RFC 6750) that came along. */
export type Wish = { action: 'publish' | 'watch'; stream: string; token: string | null }

/**
 * Decides who may publish and watch. Everybody may, until there are keys: the one place that WHIP and WHEP ask.
 * Throws the GatewayError to answer with when the wish is not granted.
 */
export function authorize(_wish: Wish): void {
  return
}

/** The token of `Authorization: Bearer …`; null without one. */
export function bearerToken({ headers }: FastifyRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null
}
