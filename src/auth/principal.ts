import type { AccessQuestion } from './access-callback.ts'

/** What a person may do on one stream. */
export const roles = ['owner', 'host', 'guest', 'viewer'] as const
export type Role = (typeof roles)[number]

/** What an API token is good for. */
export const tokenScopes = ['read', 'operate'] as const
export type TokenScope = (typeof tokenScopes)[number]

/** Who asks. `id` stays the same over requests and connections of the same one. */
export type Principal =
  /** No credential. In open mode `id` may tell one from the other: a hash of the bearer token that came along. */
  | { kind: 'anonymous'; id: string | null }
  | { kind: 'operator'; id: string; name: string }
  | { kind: 'user'; id: string; name: string; roles: ReadonlyMap<string, Role> }
  /** A publish key. */
  | { kind: 'key'; id: string; name: string; stream: string }
  /** An API token; `stream` is null for all streams. */
  | { kind: 'token'; id: string; name: string; scope: TokenScope; stream: string | null }
  /** A guest of a stage, by an invite. */
  | { kind: 'invited'; id: string; name: string; stream: string; role: Role }
  /** Whom the access callback allowed one action. `id` is a hash of the token, null without one. */
  | { kind: 'external'; id: string | null; name: string; question: AccessQuestion }
  /** The holder of a play token. `issuer` and `subject` are the token's `iss` and `sub`. */
  | {
      kind: 'player'
      id: string
      issuer: string
      subject: string
      stream: string
      issuedAtMs: number
      expiresAtMs: number
    }

export const anonymous: Principal = { kind: 'anonymous', id: null }

/** Tells principals of all kinds apart: for limits, for taking a stream over, and in the audit. */
export function principalKey({ kind, id }: Principal): string | null {
  return id === null ? null : `${kind}:${id}`
}

/** For people, without secrets. */
export function principalName(principal: Principal): string {
  if (principal.kind === 'anonymous') return 'anonymous'
  return principal.kind === 'player' ? principal.subject : principal.name
}
