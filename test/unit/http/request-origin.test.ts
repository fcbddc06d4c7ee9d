import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { registerHls } from '../../../src/http/hls/hls.ts'
import { RequestOrigin } from '../../../src/http/request-origin.ts'
import { registerRtc } from '../../../src/http/rtc/rtc-routes.ts'
import { createServer } from '../../../src/http/server.ts'
import { createLog } from '../../../src/log.ts'
import { openGate } from '../../support/open-gate.ts'
import { drawn, makeEpoch } from '../hls/make-fragments.ts'

let server: FastifyInstance | undefined
let opened: number

afterEach(async () => {
  await server?.close()
  server = undefined
})

/** The server with WHIP, WHEP, HLS and a page, and nothing behind them. */
async function start(settings: Record<string, string> = {}): Promise<FastifyInstance> {
  const { http, limits } = loadConfig(settings, null)
  const made = await createServer({ ...http, ...limits }, createLog({ level: 'silent', pretty: false }))
  server = made
  opened = 0
  const connection = { answer: 'v=0\r\n', restartIce: async () => '', close: async () => undefined }
  for (const [prefix, action] of [
    ['whip', 'publish'],
    ['whep', 'watch'],
  ] as const) {
    registerRtc(made, {
      ...{ prefix, action, posts: { burst: 100, perSecond: 100 }, maxAddressShare: 1, iceServers: () => [] },
      async open() {
        opened += 1
        return connection
      },
    })
  }
  const store = new HlsStore({ stream: 'talk', segmentSeconds: 2, windowSeconds: 8 })
  for (const fragment of drawn(`${'K---------'.repeat(2)}K`, makeEpoch('ep'))) store.onFragment(fragment)
  registerHls(made, { storeOf: () => store, maxWaitingRequests: 2, maxAddressShare: 1, gate: openGate })
  made.get('/', async () => 'a page')
  made.route({
    ...{ method: 'GET', url: '/socket', handler: async () => 'no websocket' },
    wsHandler: (socket) => socket.close(),
  })
  return made
}

const offer = 'v=0\r\na=ice-ufrag:abcd\r\n'
const sdp = { 'content-type': 'application/sdp' }
const host = 'localhost:8080'
const own = 'http://localhost:8080'
const evil = 'https://evil.example'

describe('a page of another site', () => {
  test.each([
    ['names its origin', { host, origin: evil }],
    ['is of a subdomain', { host, origin: evil, 'sec-fetch-site': 'same-site' }],
    ['is of another port of this machine', { host, origin: 'http://localhost:3000' }],
    ['hides its origin', { host, origin: 'null' }],
    ['names none', { host, 'sec-fetch-site': 'cross-site' }],
    [
      'claims to be ours, but the browser knows better',
      { host, origin: own, 'sec-fetch-site': 'cross-site' },
    ],
  ])('that %s can neither publish nor watch, nor end what others began', async (_, headers) => {
    const made = await start()
    for (const prefix of ['whip', 'whep']) {
      const url = `/${prefix}/live`
      const answer = await made.inject({
        method: 'POST',
        url,
        headers: { ...headers, ...sdp },
        payload: offer,
      })
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'FORBIDDEN_ORIGIN'])
      const session = await made.inject({ method: 'POST', url, headers: { host, ...sdp }, payload: offer })
      const location = String(session.headers.location)
      for (const method of ['PATCH', 'DELETE'] as const) {
        const change = await made.inject({ method, url: location, headers })
        expect([method, change.statusCode]).toEqual([method, 403])
      }
      expect((await made.inject({ method: 'DELETE', url: location, headers: { host } })).statusCode).toBe(200)
    }
    expect(opened).toBe(2)
    const socket = { ...headers, upgrade: 'websocket', connection: 'upgrade' }
    expect((await made.inject({ url: '/socket', headers: socket })).statusCode).toBe(403)
  })

  test('can’t read answers: none allows its origin', async () => {
    const made = await start()
    for (const url of ['/', '/hls/talk/index.m3u8', '/hls/talk/ep/v0/init.mp4']) {
      const { statusCode, headers } = await made.inject({ url, headers: { host, origin: evil } })
      expect([url, statusCode, headers['access-control-allow-origin']]).toEqual([url, 200, undefined])
    }
    const preflight = { method: 'OPTIONS', url: '/whip/live', headers: { host, origin: evil } } as const
    expect((await made.inject(preflight)).headers).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('a page that may', () => {
  test.each([
    ['an encoder, which is no page', {}, { host }],
    ['our own', {}, { host, origin: own, 'sec-fetch-site': 'same-origin' }],
    [
      'our own behind a proxy with TLS',
      { SLUICE_ALLOWED_HOSTS: 'live.example.org' },
      { host: 'live.example.org', origin: 'https://live.example.org' },
    ],
    [
      'one of an allowed origin',
      { SLUICE_ALLOWED_ORIGINS: `https://other.example,${evil}` },
      { host, origin: evil, 'sec-fetch-site': 'cross-site' },
    ],
    ['any, when all are allowed', { SLUICE_ALLOWED_ORIGINS: '*' }, { host, origin: 'null' }],
  ])('%s', async (_, settings, headers) => {
    const made = await start(settings)
    const post = { method: 'POST', url: '/whip/live', payload: offer } as const
    expect((await made.inject({ ...post, headers: { ...headers, ...sdp } })).statusCode).toBe(201)
  })

  test('reads what it asked for: its origin is named, or all of them', async () => {
    const headers = { host, origin: evil }
    for (const [allowed, named, vary] of [
      [evil, evil, 'origin'],
      ['*', '*', undefined],
    ]) {
      const made = await start({ SLUICE_ALLOWED_ORIGINS: allowed ?? '' })
      for (const [method, url] of [
        ['GET', '/hls/talk/ep/v0/init.mp4'],
        ['OPTIONS', '/hls/talk/ep/v0/init.mp4'],
        ['OPTIONS', '/whip/live'],
        ['GET', '/whep/live'],
      ] as const) {
        const answer = await made.inject({ method, url, headers })
        expect(answer.headers['access-control-allow-origin']).toBe(named)
        expect(answer.headers.vary).toBe(vary)
      }
      const other = await made.inject({ url: '/', headers: { host, origin: 'https://third.example' } })
      expect(other.headers['access-control-allow-origin']).toBe(allowed === '*' ? '*' : undefined)
      await made.close()
    }
  })
})

describe('names that lead here', () => {
  test.each([
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
  ])('on no route: %s', async (foreign) => {
    const made = await start()
    for (const url of ['/', '/nothing', '/hls/talk/index.m3u8', '/socket', '/whip/live']) {
      const { statusCode, body } = await made.inject({ url, headers: { host: foreign } })
      expect([url, statusCode, body.includes('UNKNOWN_HOST')]).toEqual([url, 421, true])
    }
    // A proxy's word for the name is as good as the page's own: any page can send it.
    const forwarded = { host: foreign, 'x-forwarded-host': host }
    expect((await made.inject({ url: '/', headers: forwarded })).statusCode).toBe(421)
  })

  test.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST:8080',
    'a.localhost',
    '127.0.0.1:8080',
    '[::1]:8080',
    '192.168.1.7',
    `${hostname()}:8080`,
    'gateway.lan:8080',
    'Gateway.lan',
  ])('are our own: %s', async (name) => {
    const made = await start({ SLUICE_ALLOWED_HOSTS: 'gateway.lan' })
    expect((await made.inject({ url: '/', headers: { host: name } })).statusCode).toBe(200)
  })

  test('with a certificate, those that it is for; and a page that came by plain HTTP is none of ours', () => {
    const rules = new RequestOrigin({
      ...{ allowedHosts: [], allowedOrigins: [] },
      hasCertificateFor: (name) => name === 'live.example.org',
    })
    expect(() => rules.checkHost('live.example.org')).not.toThrow()
    expect(() => rules.checkHost('other.example.org')).toThrow(/SLUICE_ALLOWED_HOSTS/)
    const of = (origin: string) => () => rules.checkOrigin({ headers: { origin, host: 'live.example.org' } })
    expect(of('https://live.example.org')).not.toThrow()
    expect(of('http://live.example.org')).toThrow(/another site/)
  })
})
