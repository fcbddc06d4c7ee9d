import { GatewayError } from '../errors.ts'
import type { AccessMode } from './authorize.ts'
import type { Credentials } from './credentials.ts'
import type { PlayTokens } from './play-tokens.ts'
import { anonymous, type Principal } from './principal.ts'
import { hashSecret } from './secret.ts'
import type { Sessions } from './sessions.ts'
import { principalOfUser } from './users.ts'

/** What came along with a request. */
export type Shown = {
  /** Publish key, API token or play token. */
  bearer: string | null
  /** Value of the session's cookie. */
  session: string | null
  /** IP address it came from. */
  address: string
}

/** Whose the credential is, or why it is none; `guessed`: not one that was good once. */
export type Found = { principal: Principal } | { error: GatewayError; guessed: boolean }

export type PrincipalSources = {
  mode: AccessMode
  credentials: Pick<Credentials, 'find'>
  playTokens: Pick<PlayTokens, 'verify'>
  sessions: Pick<Sessions, 'find'>
}

/** Who it is. A credential that is none is an error, not ignored; a session that ended is like none. */
export async function findPrincipal(sources: PrincipalSources, { bearer, session }: Shown): Promise<Found> {
  if (bearer === null) {
    const user = session === null ? undefined : await sources.sessions.find(session)
    return { principal: user ? principalOfUser(user) : anonymous }
  }
  // A JWT has two dots, our own secrets have none.
  const principal = bearer.includes('.')
    ? await sources.playTokens.verify(bearer)
    : await sources.credentials.find(bearer)
  if (principal !== 'expired' && principal !== undefined) return { principal }
  // Before there are keys, WHIP clients send any token: it tells only who comes back.
  if (sources.mode === 'open') return { principal: { kind: 'anonymous', id: hashSecret(bearer) } }
  const guessed = principal === undefined
  const why = guessed ? 'The key or token is not known, or was revoked.' : 'The token has expired.'
  return { error: new GatewayError('UNAUTHENTICATED', why), guessed }
}
