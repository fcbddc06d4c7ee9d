import type { Role } from '../../../src/auth/principal.ts'

/** Who is signed in with this browser. */
export type Session = {
  mode: 'open' | 'required'
  kind: string
  name: string
  roles: Record<string, Role>
  operates: boolean
}

const timeoutMs = 15_000

export async function askSession(): Promise<Session> {
  const session: Session = await (await ask('GET', '/api/session')).json()
  return session
}

export async function signIn(name: string, password: string): Promise<void> {
  await ask('POST', '/api/session', { name, password })
}

/** @param link from the address that the operator gave: works once. */
export async function setPassword(link: string, password: string): Promise<void> {
  await ask('POST', '/api/session/link', { link, password })
}

export async function signOut(): Promise<void> {
  await ask('DELETE', '/api/session')
}

/** @throws Error with the gateway's own words. */
async function ask(method: string, path: string, body?: object): Promise<Response> {
  const response = await fetch(path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.ok) return response
  const answer: { error?: { message?: string } } = await response.json().catch(() => ({}))
  throw new Error(answer.error?.message ?? `The gateway answered ${response.status}.`)
}
