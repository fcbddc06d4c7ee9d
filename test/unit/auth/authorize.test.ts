import { describe, expect, test } from 'vitest'
import { type Action, actions, authorize, isListed, visibilities } from '../../../src/auth/authorize.ts'
import type { Principal, Role } from '../../../src/auth/principal.ts'

const player = {
  kind: 'player',
  id: 'p',
  issuer: 'sluice',
  subject: 'ann',
  issuedAtMs: 0,
  expiresAtMs: 9e15,
} as const
const user = (stream: string, role: Role): Principal => ({
  kind: 'user',
  id: 'u',
  name: 'ann',
  roles: new Map([[stream, role]]),
})

/** Who → what they may do on the private stream "show", and of the gateway (stream null). */
const table: [string, Principal, string, string][] = [
  ['nobody', { kind: 'anonymous', id: null }, '', ''],
  ['nobody, with a token of open mode', { kind: 'anonymous', id: 'hash' }, '', ''],
  ['operator', { kind: 'operator', id: 'o', name: 'root' }, 'all', 'all'],
  ['owner', user('show', 'owner'), 'publish watch join operate read', 'read'],
  ['host', user('show', 'host'), 'publish watch join read', 'read'],
  ['guest', user('show', 'guest'), 'watch join', 'read'],
  ['viewer', user('show', 'viewer'), 'watch', 'read'],
  ['owner of another', user('other', 'owner'), '', 'read'],
  ['key', { kind: 'key', id: 'k', name: 'OBS', stream: 'show' }, 'publish watch read', ''],
  ['key of another', { kind: 'key', id: 'k', name: 'OBS', stream: 'other' }, '', ''],
  [
    'invited guest',
    { kind: 'invited', id: 'i', name: 'bob', stream: 'show', role: 'guest' },
    'watch join',
    '',
  ],
  ['invited elsewhere', { kind: 'invited', id: 'i', name: 'bob', stream: 'other', role: 'host' }, '', ''],
  ['play token', { ...player, stream: 'show' }, 'watch', ''],
  ['play token of another', { ...player, stream: 'other' }, '', ''],
  [
    'reading token',
    { kind: 'token', id: 't', name: 'x', scope: 'read', stream: null },
    'watch read metrics',
    'watch read metrics',
  ],
  [
    'reading token of the stream',
    { kind: 'token', id: 't', name: 'x', scope: 'read', stream: 'show' },
    'watch read metrics',
    '',
  ],
  ['operating token', { kind: 'token', id: 't', name: 'x', scope: 'operate', stream: null }, 'all', 'all'],
  [
    'operating token of the stream',
    { kind: 'token', id: 't', name: 'x', scope: 'operate', stream: 'show' },
    'all',
    '',
  ],
  [
    'operating token of another',
    { kind: 'token', id: 't', name: 'x', scope: 'operate', stream: 'other' },
    '',
    '',
  ],
]

const allowed = (
  principal: Principal,
  stream: string | null,
  facts: Parameters<typeof authorize>[3],
): string => actions.filter((action) => authorize(principal, action, stream, facts) === 'allowed').join(' ')
const sorted = (list: string): string =>
  list === 'all' ? actions.join(' ') : actions.filter((action) => list.split(' ').includes(action)).join(' ')

describe('who may do what', () => {
  test.each(table)('%s', (_, principal, onStream, onGateway) => {
    const facts = { mode: 'required', visibility: 'private' } as const
    expect(allowed(principal, 'show', facts)).toBe(sorted(onStream))
    expect(allowed(principal, null, facts)).toBe(sorted(onGateway))
  })

  test.each(table)('%s: all in open mode, and watching what is not private', (_, principal, onStream) => {
    for (const visibility of visibilities) {
      expect(allowed(principal, 'show', { mode: 'open', visibility })).toBe(actions.join(' '))
    }
    for (const visibility of ['public', 'unlisted'] as const) {
      const also: Action = 'watch'
      expect(allowed(principal, 'show', { mode: 'required', visibility })).toBe(
        sorted(onStream === 'all' ? 'all' : `${onStream} ${also}`),
      )
    }
  })

  test.each(table)(
    '%s: what is meant for all streams is the operator’s',
    (_, principal, _onStream, onGateway) => {
      expect(allowed(principal, '*', { mode: 'required', visibility: 'private' })).toBe(
        principal.kind === 'user' ? '' : sorted(onGateway),
      )
    },
  )

  test('only one without a credential is asked for one', () => {
    const facts = { mode: 'required', visibility: 'private' } as const
    for (const [, principal] of table) {
      const decision = authorize(principal, 'operate', 'third', facts)
      if (decision !== 'allowed') {
        expect(decision).toBe(principal.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN')
      }
    }
  })

  test('lists name what is public, and what one may read', () => {
    const of = (principal: Principal, visibility: 'public' | 'unlisted' | 'private') =>
      isListed(principal, 'show', { mode: 'required', visibility })
    const nobody: Principal = { kind: 'anonymous', id: null }
    expect([of(nobody, 'public'), of(nobody, 'unlisted'), of(nobody, 'private')]).toEqual([
      true,
      false,
      false,
    ])
    expect(of(user('show', 'owner'), 'private')).toBe(true)
    expect(of(user('show', 'viewer'), 'unlisted')).toBe(false)
    expect(of(user('other', 'owner'), 'unlisted')).toBe(false)
  })
})
