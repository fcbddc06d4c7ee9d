import type { InjectOptions } from 'fastify'
import type { App } from '../../src/app.ts'
import type { Role } from '../../src/auth/principal.ts'

/** Of a gateway, or of its routes alone. */
export type AskedServer = { app: Pick<App, 'server' | 'access'> }

/** A password for all who need one. */
export const password = 'correct horse battery'

export type Headers = Record<string, string>

/** Headers of each kind of principal, as `stream` sees them. */
export type Principals = Record<
  | 'nobody'
  | 'viewer'
  | 'key'
  | 'key of another'
  | 'guest'
  | 'host'
  | 'owner'
  | 'owner of another'
  | 'reading token'
  | 'operator',
  Headers
>

export function asBearer(secret: string): Headers {
  return { authorization: `Bearer ${secret}` }
}

/** A user with a role on a stream, signed in. */
export async function signedIn(
  { app }: AskedServer,
  name: string,
  roles: Record<string, Role>,
  operator = false,
) {
  const user = await app.access.users.create({ name, operator })
  for (const [stream, role] of Object.entries(roles)) await app.access.users.setRole(user.id, stream, role)
  return { cookie: `sluice_session=${await app.access.sessions.begin(user.id)}` }
}

/** One of each kind, of a gateway that asks who they are. */
export async function principalsOf(gateway: AskedServer, stream: string): Promise<Principals> {
  const { access } = gateway.app
  const key = async (of: string) =>
    asBearer(
      (await access.credentials.create({ kind: 'key', label: '', stream: of, scope: null, expiresAt: null }))
        .secret,
    )
  const token = await access.credentials.create({
    ...({ kind: 'token', label: 'prometheus', stream: null, scope: 'read', expiresAt: null } as const),
  })
  const play = { stream, subject: 'ann', lifetimeSeconds: 600, renewSeconds: 600 }
  return {
    nobody: {},
    viewer: asBearer((await access.playTokens.issue(play)).token),
    key: await key(stream),
    'key of another': await key('other'),
    guest: await signedIn(gateway, 'guest', { [stream]: 'guest' }),
    host: await signedIn(gateway, 'host', { [stream]: 'host' }),
    owner: await signedIn(gateway, 'owner', { [stream]: 'owner' }),
    'owner of another': await signedIn(gateway, 'another owner', { other: 'owner' }),
    'reading token': asBearer(token.secret),
    operator: await signedIn(gateway, 'root', {}, true),
  }
}

/** What a request is answered, without a network. */
export async function ask(
  { app }: AskedServer,
  method: string,
  url: string,
  headers: Headers,
  body?: object,
) {
  const answer = await app.server.inject({
    ...{ method: method as 'GET', url, headers },
    ...(body && { payload: body }),
  } satisfies InjectOptions)
  return { status: answer.statusCode, headers: answer.headers, text: answer.body }
}
