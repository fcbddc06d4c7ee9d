import type { Principal, Role } from './principal.ts'

/**
 * What one may want to do. publish: send media · watch: get it · join: take part in a stage · operate: change the
 * stream's targets, keys and settings, or without a stream the gateway's · read: see its state · metrics: `/metrics`.
 */
export const actions = ['publish', 'watch', 'join', 'operate', 'read', 'metrics'] as const
export type Action = (typeof actions)[number]

/** open: all may do all · required: what is not public needs a credential. */
export type AccessMode = 'open' | 'required'

/** public: listed, all may watch · unlisted: anyone with the address may watch · private: needs a role or a play token. */
export const visibilities = ['public', 'unlisted', 'private'] as const
export type Visibility = (typeof visibilities)[number]

export type Facts = { mode: AccessMode; visibility: Visibility }

/** UNAUTHENTICATED: a credential could change the answer, and there is none. */
export type Decision = 'allowed' | 'UNAUTHENTICATED' | 'FORBIDDEN'

const ofRole: Readonly<Record<Role, readonly Action[]>> = {
  owner: ['publish', 'watch', 'join', 'operate', 'read'],
  host: ['publish', 'watch', 'join', 'read'],
  guest: ['watch', 'join'],
  viewer: ['watch'],
}

/**
 * The one decision: who may do what. Pure.
 * @param stream null for what belongs to no stream; `*` for what belongs to all.
 */
export function authorize(
  principal: Principal,
  action: Action,
  stream: string | null,
  { mode, visibility }: Facts,
): Decision {
  if (mode === 'open' || isAllowed(principal, action, stream)) return 'allowed'
  if (action === 'watch' && stream !== null && visibility !== 'private') return 'allowed'
  return principal.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN'
}

function isAllowed(principal: Principal, action: Action, stream: string | null): boolean {
  switch (principal.kind) {
    case 'anonymous':
      return false
    case 'operator':
      return true
    case 'user': {
      // Which stream it is, is asked for each of them.
      if (stream === null) return action === 'read'
      const role = principal.roles.get(stream)
      return role !== undefined && ofRole[role].includes(action)
    }
    case 'invited':
      return principal.stream === stream && ofRole[principal.role].includes(action)
    case 'key':
      return principal.stream === stream && (action === 'publish' || action === 'watch' || action === 'read')
    case 'token': {
      if (principal.stream !== null && principal.stream !== stream) return false
      const reads = action === 'read' || action === 'watch' || action === 'metrics'
      return reads || principal.scope === 'operate'
    }
    case 'external':
      return principal.question.stream === stream && principal.question.action === action
    case 'player':
      return principal.stream === stream && action === 'watch'
  }
}

/** Whether a stream is in lists that this principal gets. */
export function isListed(principal: Principal, stream: string, facts: Facts): boolean {
  return facts.visibility === 'public' || authorize(principal, 'read', stream, facts) === 'allowed'
}
