import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Access } from '../../../../src/auth/access.ts'
import { Cleanup } from '../../../../src/cleanup.ts'
import { routeAccess } from '../../../../src/http/access/route-access.ts'
import { type AskedServer, ask, type Principals, principalsOf } from '../../../support/access-setup.ts'
import { startRoutes } from '../../../support/routes-server.ts'

let gateway: AskedServer & { app: { access: Access } }
let principals: Principals
const cleanup = new Cleanup()

beforeAll(async () => {
  gateway = await startRoutes(cleanup, { SLUICE_ACCESS: 'required' })
  await gateway.app.access.streams.set('show', 'private')
  principals = await principalsOf(gateway, 'show')
})
afterAll(() => cleanup.run())

/** Columns of the table, in this order. */
const columns = [
  'nobody',
  'viewer',
  'key',
  'key of another',
  'guest',
  'host',
  'owner',
  'owner of another',
  'reading token',
  'operator',
] as const

/** How a route decides, by what it needs: the status of a refusal for each column, or "in". */
const decisions = {
  open: 'in in in in in in in in in in',
  watch: '401 in in 403 in in in 403 in in',
  publish: '401 403 in 403 403 in in 403 403 in',
  read: '401 403 in 403 403 in in 403 in in',
  operate: '401 403 403 403 403 403 in 403 403 in',
  gateway: '401 403 403 403 403 403 403 403 403 in',
  documents: '401 403 403 403 in in in in in in',
  metrics: '401 403 403 403 403 403 403 403 in in',
  // A list shows each one what is theirs.
  list: 'in in in in in in in in in in',
}

/** Every route → what it needs. Those of one resource that need the same stand in one line. */
const table: [routes: string, needs: keyof typeof decisions][] = [
  ['GET / | GET /publish/:stream | GET /watch/:stream | GET /login | GET /assets/*', 'open'],
  ['GET /join/:stream | GET /studio/:stream | GET /admin', 'open'],
  ['GET /api/streams/:stream/stage | GET /api/streams/:stream/people', 'read'],
  ['GET /api/streams/:stream/people/:person', 'read'],
  ['PATCH /api/streams/:stream/stage | PUT /api/streams/:stream/stage/layout', 'publish'],
  ['POST /api/streams/:stream/stage/show | DELETE /api/streams/:stream/stage/show', 'publish'],
  ['PATCH /api/streams/:stream/people/:person | DELETE /api/streams/:stream/people/:person', 'publish'],
  ['GET /api/streams/:stream/invites | POST /api/streams/:stream/invites', 'operate'],
  ['DELETE /api/streams/:stream/invites/:invite', 'operate'],
  ['GET /healthz | GET /readyz', 'open'],
  ['GET /metrics', 'metrics'],
  ['GET /api/openapi.json | GET /api/docs', 'documents'],
  ['GET /api/streams', 'list'],
  ['GET /api/streams/:stream', 'watch'],
  ['GET /api/streams/:stream/targets | GET /api/streams/:stream/targets/:target', 'read'],
  ['POST /api/streams/:stream/targets | PATCH /api/streams/:stream/targets/:target', 'operate'],
  ['DELETE /api/streams/:stream/targets/:target', 'operate'],
  [
    'POST /api/streams/:stream/targets/:target/start | POST /api/streams/:stream/targets/:target/stop',
    'operate',
  ],
  ['POST /api/streams/:stream/targets/:target/retry', 'operate'],
  ['GET /api/webhooks | POST /api/webhooks | GET /api/webhooks/:webhook', 'gateway'],
  ['PATCH /api/webhooks/:webhook | DELETE /api/webhooks/:webhook', 'gateway'],
  ['POST /api/webhooks/:webhook/rotate | GET /api/webhooks/:webhook/deliveries', 'gateway'],
  ['POST /api/webhooks/:webhook/replay', 'gateway'],
  ['GET /api/session', 'list'],
  ['POST /api/session | POST /api/session/link', 'open'],
  ['GET /api/users | POST /api/users | GET /api/users/:user | PATCH /api/users/:user', 'gateway'],
  ['DELETE /api/users/:user | POST /api/users/:user/link', 'gateway'],
  ['PUT /api/users/:user/roles/:stream | DELETE /api/users/:user/roles/:stream', 'gateway'],
  ['GET /api/keys', 'list'],
  ['GET /api/keys?stream=show', 'operate'],
  ['POST /api/keys | DELETE /api/keys/:key | POST /api/keys/:key/rotate', 'operate'],
  ['GET /api/tokens | POST /api/tokens | DELETE /api/tokens/:token', 'gateway'],
  ['POST /api/tokens/:token/rotate', 'gateway'],
  ['GET /api/streams/:stream/access | PUT /api/streams/:stream/access', 'operate'],
  ['POST /api/streams/:stream/play-tokens/revoke', 'operate'],
  ['GET /api/audit | GET /api/lockouts | DELETE /api/lockouts/:lockout', 'gateway'],
  ['OPTIONS /hls/*', 'open'],
  ['OPTIONS /whip/:stream | OPTIONS /whip/:stream/:session', 'open'],
  ['GET /whip/:stream | POST /whip/:stream | PUT /whip/:stream | PATCH /whip/:stream', 'publish'],
  ['DELETE /whip/:stream | GET /whip/:stream/:session | POST /whip/:stream/:session', 'publish'],
  ['PUT /whip/:stream/:session | PATCH /whip/:stream/:session | DELETE /whip/:stream/:session', 'publish'],
  ['OPTIONS /whep/:stream | OPTIONS /whep/:stream/:session', 'open'],
  ['GET /whep/:stream | POST /whep/:stream | PUT /whep/:stream | PATCH /whep/:stream', 'watch'],
  ['DELETE /whep/:stream | GET /whep/:stream/:session | POST /whep/:stream/:session', 'watch'],
  ['PUT /whep/:stream/:session | PATCH /whep/:stream/:session | DELETE /whep/:stream/:session', 'watch'],
  ['POST /internal/rtmp/on_publish', 'open'],
]

/** Asked about in tests of their own: what they need is in the path, in a message, or in what they answer. */
const elsewhere = [
  'GET /hls/:stream/*',
  'GET /ws/publish/:stream',
  'GET /ws/stage/:stream',
  'POST /api/streams/:stream/play-tokens',
  'POST /api/streams/:stream/play-tokens/renew',
  'DELETE /api/session',
]

const lines = table.flatMap(([routes, needs]) => routes.split(' | ').map((route) => ({ route, needs })))

describe('every route, for every kind of principal', () => {
  test('is in this table', () => {
    const listed = [...lines.map(({ route }) => route.replace(/\?.*/, '')), ...elsewhere]
    expect([...new Set(listed)].sort()).toEqual(Object.keys(routeAccess).sort())
    // What is said about routes that are not there would prove nothing.
    const gone = Object.keys(routeAccess).filter((route) => {
      const [method = '', url = ''] = route.split(' ')
      return !gateway.app.server.hasRoute({ method: method as 'GET', url })
    })
    expect(gone).toEqual([])
  })

  test.each(lines)('$route: $needs', async ({ route, needs }) => {
    const [method = '', pattern = ''] = route.split(' ')
    const found: string[] = []
    for (const column of columns) {
      const url = pattern
        .replace(':stream', 'show')
        .replace(':key', (await keyOf('show')).id)
        .replace(/:\w+/g, 'nothing')
        .replace('*', 'nothing')
      const body = pattern === '/api/keys' && method === 'POST' ? { stream: 'show' } : undefined
      const { status, headers } = await ask(gateway, method, url, principals[column], body)
      expect(status, `${column}`).not.toBe(500)
      const refused = status === 401 || (status === 403 && !/^\/(api\/session)/.test(url))
      found.push(refused && !isSignIn(route) ? String(status) : 'in')
      if (status === 401 && !isSignIn(route)) expect(headers['www-authenticate']).toBe('Bearer')
    }
    expect(found.join(' ')).toBe(decisions[needs])
  })

  test('of another stream are refused to all but who has a part in it', async () => {
    const url = '/api/streams/other/targets'
    const answers = await Promise.all(
      columns.map(async (column) => (await ask(gateway, 'GET', url, principals[column])).status),
    )
    expect(answers.join(' ')).toBe('401 403 403 200 403 403 403 200 200 200')
  })
})

/** Wrong names and links are refused by the same status as a missing session. */
function isSignIn(route: string): boolean {
  return route.startsWith('POST /api/session')
}

/** A key to ask about; it may have been revoked by the question before. */
async function keyOf(stream: string) {
  const { credentials } = gateway.app.access
  const [key] = await credentials.list('key', stream)
  const spare = (await credentials.list('key', stream)).at(-1)
  if (key && spare && spare.id !== key.id) return spare
  return await credentials.create({ kind: 'key', label: 'spare', stream, scope: null, expiresAt: null })
}

describe('what an answer shows', () => {
  test('of a list, each one sees their own and what is public', async () => {
    const { access } = gateway.app
    await access.credentials.create({ kind: 'key', label: '', stream: 'other', scope: null, expiresAt: null })
    const keys = async (column: keyof Principals) => {
      const { text } = await ask(gateway, 'GET', '/api/keys', principals[column])
      return new Set((JSON.parse(text).keys as { stream: string }[]).map(({ stream }) => stream))
    }
    expect(await keys('nobody')).toEqual(new Set())
    expect(await keys('owner')).toEqual(new Set(['show']))
    expect(await keys('owner of another')).toEqual(new Set(['other']))
    expect(await keys('operator')).toEqual(new Set(['show', 'other']))
  })

  test('a play token is for who has a part in the stream; one of a role is short', async () => {
    const url = '/api/streams/show/play-tokens'
    const statuses = await Promise.all(
      columns.map(async (column) => (await ask(gateway, 'POST', url, principals[column], {})).status),
    )
    expect(statuses.join(' ')).toBe('401 403 201 403 201 201 201 403 201 201')
    const { text } = await ask(gateway, 'POST', url, principals.guest, {
      lifetimeSeconds: 9999,
      subject: 'x',
      renewSeconds: 999,
    })
    const { token, expiresAt } = JSON.parse(text)
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(301_000)
    const player = await gateway.app.access.playTokens.verify(token)
    expect(player).toMatchObject({ subject: expect.stringMatching(/^user:/) })
    expect(await gateway.app.access.playTokens.renew(token)).toBeUndefined()
  })

  test('a play token that may be renewed is, by its holder', async () => {
    const url = '/api/streams/show/play-tokens/renew'
    const { status, text } = await ask(gateway, 'POST', url, principals.viewer)
    expect(status).toBe(200)
    expect(JSON.parse(text).hls).toMatch(/^\/hls\/~[\w.-]+\/show\/index\.m3u8$/)
    expect((await ask(gateway, 'POST', url, principals.key)).status).toBe(403)
  })
})
