import type { FastifyReply, FastifyRequest } from 'fastify'
import { sessionSeconds } from '../../auth/sessions.ts'

const name = 'sluice_session'
/** Browsers take a cookie with this prefix only from https and this very host: no other one can set it. */
const secureName = `__Host-${name}`

/** The session's secret; null without one. */
export function sessionOf(request: FastifyRequest): string | null {
  const { cookie } = request.headers
  if (cookie === undefined) return null
  return request.server.parseCookie(cookie)[request.protocol === 'https' ? secureName : name] ?? null
}

/** @param secret null ends the session in the browser. */
export function setSession(request: FastifyRequest, reply: FastifyReply, secret: string | null): void {
  const secure = request.protocol === 'https'
  const value = request.server.serializeCookie(secure ? secureName : name, secret ?? '', {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure,
    maxAge: secret === null ? 0 : sessionSeconds,
  })
  reply.header('set-cookie', value)
}
