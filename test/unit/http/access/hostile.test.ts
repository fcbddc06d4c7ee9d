import { request } from 'node:http'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../src/cleanup.ts'
import { asBearer, type Headers, principalsOf, signedIn } from '../../../support/access-setup.ts'
import { startRoutes } from '../../../support/routes-server.ts'

/** What must never be in a log: parts of every secret that is sent. */
const secrets: string[] = []
const cleanup = new Cleanup()
let server: Awaited<ReturnType<typeof startRoutes>>
let port: number
let logged = ''
let attacks: Attack[]

/** `raw` is sent as it is, because no client would. */
type Attack = { kind: string; method?: string; path: string; headers?: Headers; raw?: string }

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

beforeAll(async () => {
  const log = pino(
    { level: 'trace' },
    {
      write: (line: string) => {
        logged += line
      },
    },
  )
  server = await startRoutes(
    cleanup,
    { SLUICE_ACCESS: 'required', SLUICE_ALLOWED_HOSTS: 'live.example.org' },
    log,
  )
  const { access, server: http } = server.app
  await access.streams.set('show', 'private')
  await access.streams.set('other', 'private')
  port = Number(new URL(await http.listen({ host: '127.0.0.1', port: 0 })).port)
  attacks = await makeAttacks()
})
afterAll(() => cleanup.run())

/** Doors that must stay shut, with the method that would open them. */
const doors: [method: string, path: string][] = [
  ['GET', '/api/streams/show'],
  ['GET', '/api/streams/show/targets'],
  ['POST', '/api/streams/show/targets'],
  ['GET', '/api/users'],
  ['POST', '/api/tokens'],
  ['GET', '/metrics'],
  ['GET', '/api/audit'],
  ['POST', '/whip/show'],
  ['POST', '/whep/show'],
  ['DELETE', '/whip/show/session'],
]

async function makeAttacks(): Promise<Attack[]> {
  const { access } = server.app
  const play = { stream: 'show', subject: 'ann', lifetimeSeconds: 60, renewSeconds: 0 }
  const good = (await access.playTokens.issue(play)).token
  const [head = '', body = '', signature = ''] = good.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const lost = await access.playTokens.issue(play)
  await access.revocations.add('show', { token: lost.id })
  const others = await principalsOf(server, 'other')
  const removed = await access.credentials.create({
    ...({ kind: 'key', label: '', stream: 'show', scope: null, expiresAt: null } as const),
  })
  await access.credentials.remove('key', removed.id)
  const ended = await signedIn(server, 'gone', { show: 'owner' })
  await access.sessions.end(ended.cookie.split('=')[1] ?? '')
  const past = (await access.playTokens.issue({ ...play, lifetimeSeconds: -60 })).token
  const otherToken = others.viewer.authorization?.slice(7) ?? ''
  const tokens: Record<string, string> = {
    forged: `${head}.${body}.${'A'.repeat(43)}`,
    'changed claims': `${head}.${encoded({ ...claims, stream: 'show', sub: 'operator', exp: 9e9 })}.${signature}`,
    'alg: none': `${encoded({ alg: 'none', typ: 'play+jwt' })}.${body}.`,
    'alg: nOnE': `${encoded({ alg: 'nOnE', typ: 'play+jwt' })}.${body}.${signature}`,
    'wrong kid': `${encoded({ alg: 'HS256', typ: 'play+jwt', kid: '../../../../dev/null' })}.${body}.${signature}`,
    'key in the header': `${encoded({ alg: 'HS256', typ: 'play+jwt', jwk: { kty: 'oct', k: '' } })}.${body}.${signature}`,
    'address of keys in the header': `${encoded({ alg: 'HS256', typ: 'play+jwt', jku: 'http://127.0.0.1/' })}.${body}.${signature}`,
    expired: past,
    revoked: lost.token,
    "other stream's": otherToken,
  }
  const bearers: Record<string, string> = {
    ...tokens,
    'revoked key': removed.secret,
    "other stream's key": others.key.authorization?.slice(7) ?? '',
    'guessed key': `slk_${'A'.repeat(43)}`,
    'hash of a key': 'slk_GYbZ5Pv2',
    SQL: `slk_'or'1'='1`,
    long: 'x'.repeat(6_000),
  }
  secrets.push(good, ...Object.values(bearers).filter((secret) => secret.length > 20))
  secrets.push(ended.cookie.split('=')[1] ?? '')
  const hls = (prefix: string) => `/hls/${prefix}show/index.m3u8`
  const own = { host: `127.0.0.1:${port}` }
  return [
    // Every credential that is none, at every door.
    ...Object.entries(bearers).flatMap(([kind, bearer]) =>
      doors.map(([method, path]) => ({ kind, method, path, headers: asBearer(bearer) })),
    ),
    // A play token is for watching: at the doors that are for those who run it.
    ...doors
      .filter(([, path]) => path !== '/api/streams/show' && !path.startsWith('/whep'))
      .map(([method, path]) => ({ kind: 'play token for more', method, path, headers: asBearer(good) })),
    ...Object.entries(tokens).map(([kind, token]) => ({ kind, path: hls(`~${token}/`) })),
    ...['ended', 'sls_guess', '', 'sluice_session'].map((value) => ({
      ...{ kind: 'cookies of others', path: '/api/users' },
      headers: { cookie: value === 'ended' ? ended.cookie : `sluice_session=${value}` },
    })),
    {
      kind: 'cookies of others',
      path: '/api/users',
      headers: { cookie: `__Host-sluice_session=${ended.cookie.split('=')[1]}` },
    },
    { kind: 'cookies of others', path: '/api/users', headers: others.owner },
    { kind: 'cookies of others', path: '/api/streams/show/targets', headers: others.owner },
    // Tokens where none is looked for.
    ...['token', 'access_token', 'key', 'bearer', 'jwt'].map((name) => ({
      ...{ kind: 'token in the query', path: `${hls('')}?${name}=${good}` },
    })),
    { kind: 'doubled parameters', path: `/api/keys?stream=other&stream=show` },
    { kind: 'doubled parameters', path: `/hls/show/v0.m3u8?_HLS_msn=1&_HLS_msn=2` },
    { kind: 'doubled tokens', path: `/hls/~${good}/~${good}/show/index.m3u8` },
    {
      kind: 'doubled header',
      path: '/api/users',
      headers: { authorization: `Bearer ${good}, Bearer ${good}` },
    },
    // Another way to the same playlist.
    ...[
      '/hls/open/../show/index.m3u8',
      '/hls/open/%2e%2e/show/index.m3u8',
      '/hls//show/index.m3u8',
      '//hls/show/index.m3u8',
      '/hls/show//index.m3u8',
      '/hls/show%2findex.m3u8',
      '/hls/show/index%2em3u8',
      '/hls/show/./index.m3u8',
      '/hls/show/index.m3u8/',
      '/hls/show/index.m3u8%00',
      '/hls/show/INDEX.M3U8',
      '/hls/SHOW/index.m3u8',
      '/hls/show;/index.m3u8',
      '/hls/~/show/index.m3u8',
      '/hls/~%2e%2e/show/index.m3u8',
      '/hls/%7e/show/index.m3u8',
      `/hls/~${otherToken}/other/../show/index.m3u8`,
      `/hls/~${otherToken}/other%2f..%2fshow/index.m3u8`,
      `/hls/~${otherToken}/show/index.m3u8`,
      '/api/streams/show/targets/',
      '/api//streams/show/targets',
      '/api/streams/other/../show/targets',
      '/api/streams/%73how/targets',
      '/API/streams/show/targets',
      '/api/streams/show%2ftargets',
      '/api/streams/../users',
      '/publish/../api/users',
      '/assets/../../package.json',
      '/assets/%2e%2e/%2e%2e/sluice.db',
      '/assets/..%5c..%5csluice.db',
    ].map((path) => ({
      kind: 'path tricks',
      path,
      raw: `GET ${path} HTTP/1.1\r\nHost: ${own.host}\r\nConnection: close\r\n\r\n`,
    })),
    // Whose page, under which name.
    ...[
      'evil.example',
      'live.example.org.evil.example',
      '127.0.0.1.evil.example',
      'evil.example:80@127.0.0.1',
      '[::1',
      'a'.repeat(300),
    ].map((host) => ({
      ...{ kind: 'Host and DNS rebinding', path: '/healthz' },
      raw: `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    })),
    ...[
      'https://evil.example',
      'null',
      `http://127.0.0.1:${port + 1}`,
      'http://live.example.org.evil.example',
      'file://',
    ].map((origin) => ({
      ...{
        kind: 'Origin',
        method: 'POST',
        path: '/api/session',
        headers: { origin, 'content-type': 'application/json' },
      },
    })),
    { kind: 'Origin', method: 'DELETE', path: '/api/session', headers: { 'sec-fetch-site': 'cross-site' } },
    ...[
      'x-http-method-override',
      'x-original-url',
      'x-rewrite-url',
      'x-forwarded-prefix',
      'x-forwarded-user',
      'x-real-ip',
    ].map((name) => ({
      ...{
        kind: 'headers of proxies',
        path: '/api/users',
        headers: { [name]: name.includes('url') ? '/healthz' : 'operator' },
      },
    })),
    {
      kind: 'oversized headers',
      path: '/api/users',
      headers: { cookie: `sluice_session=${'x'.repeat(20_000)}` },
    },
    {
      kind: 'oversized headers',
      path: '/api/users',
      headers: { authorization: `Bearer ${'x'.repeat(20_000)}` },
    },
    {
      kind: 'oversized headers',
      path: '/api/users',
      headers: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, 'x'.repeat(60)])),
    },
    {
      kind: 'basic',
      path: '/api/users',
      headers: { authorization: `Basic ${Buffer.from('operator:').toString('base64')}` },
    },
    {
      kind: 'smuggled',
      path: '/api/users',
      raw: `POST /api/session HTTP/1.1\r\nHost: ${own.host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/users HTTP/1.1\r\n\r\n`,
    },
    {
      kind: 'smuggled',
      path: '/api/users',
      raw: `GET /api/users HTTP/1.1\r\nHost: ${own.host}\r\nHost: live.example.org\r\nConnection: close\r\n\r\n`,
    },
  ]
}

/** @returns the status; 0 when the connection was cut. */
function send({ method = 'GET', path, headers = {}, raw }: Attack): Promise<number> {
  if (raw !== undefined) return sendRaw(raw)
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', () => resolve(0)).end()
  })
}

function sendRaw(text: string): Promise<number> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (/^HTTP\/1.1 \d{3}/.test(answer)) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1] ?? 0)))
  })
}

test('200 hostile requests: none gets in, none takes the gateway down, and no secret is logged', async () => {
  expect(attacks.length).toBeGreaterThanOrEqual(200)
  const got: string[] = []
  for (const attack of attacks) {
    const status = await send(attack)
    // 405: the wrong method of a WHIP resource; 421: not a name of the gateway; 431: oversized.
    if (![0, 400, 401, 403, 404, 405, 421, 429, 431].includes(status))
      got.push(`${attack.kind}: ${attack.method ?? 'GET'} ${attack.path.slice(0, 90)} → ${status}`)
  }
  expect(got).toEqual([])
  expect(await send({ kind: 'none', path: '/healthz' })).toBe(200)
  const shown = secrets.filter((secret) => logged.includes(secret))
  expect(shown).toEqual([])
  // The log is there: what was refused is in it.
  const { access } = server.app
  const good = await access.credentials.create({
    ...({ kind: 'token', label: 'x', stream: null, scope: 'read', expiresAt: null } as const),
  })
  expect(await send({ kind: 'none', path: '/metrics', headers: asBearer(good.secret) })).toBe(200)
})
