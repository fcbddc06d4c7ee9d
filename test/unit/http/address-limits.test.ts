import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Cleanup } from '../../../src/cleanup.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { registerHls } from '../../../src/http/hls/hls.ts'
import { registerRtc } from '../../../src/http/rtc/rtc-routes.ts'
import { createServer } from '../../../src/http/server.ts'
import { registerSignaling } from '../../../src/http/signaling.ts'
import { PublicationLimit } from '../../../src/ingest/publication-limit.ts'
import { createLog } from '../../../src/log.ts'
import type { Registry } from '../../../src/streams/registry.ts'
import { PublisherRefusals } from '../../../src/webhooks/publisher-refusals.ts'
import { openAccess } from '../../support/open-access.ts'
import { openGate } from '../../support/open-gate.ts'
import { drawn, makeEpoch } from '../hls/make-fragments.ts'

const log = createLog({ level: 'silent', pretty: false })
const greedy = '203.0.113.7'
const other = '203.0.113.8'
const fragments = drawn('K---- K---- K----', makeEpoch('e'))
let cleanup: Cleanup
let store: HlsStore

beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

/** The server and its routes, without a gateway behind them. */
async function start(settings: Record<string, string> = {}): Promise<FastifyInstance> {
  const config = loadConfig({ SLUICE_TRUSTED_PROXIES: '127.0.0.1', ...settings }, null)
  const server = await createServer({ ...config.http, ...config.limits }, log)
  cleanup.defer(() => server.close())
  registerRtc(server, {
    ...{ prefix: 'whip', iceServers: () => [] },
    ...{ posts: { burst: 40, perSecond: 0.001 }, maxAddressShare: 0.25 },
    open: async () => ({ answer: 'v=0\r\n', restartIce: async () => '', close: async () => undefined }),
  })
  server.get('/api/streams', async () => ({ streams: [] }))
  store = new HlsStore({
    ...{ stream: 'talk', segmentSeconds: 1, windowSeconds: 12, partTargetSeconds: 0.229, sessionId: 's' },
  })
  for (const fragment of fragments.slice(0, 8)) store.onFragment(fragment)
  registerHls(server, { storeOf: () => store, maxWaitingRequests: 8, maxAddressShare: 0.25, gate: openGate })
  // Nothing is published.
  registerSignaling(
    ...([server, {} as Registry, new PublicationLimit(config.limits)] as const),
    ...([await openAccess(cleanup, { mode: 'open' }), { ...config.rtc, ...config.limits }] as const),
    ...([new PublisherRefusals(() => undefined), log] as const),
  )
  return server
}

/** The answers to so many requests of one address, one after the other, by status. */
async function statuses(times: number, ask: () => Promise<{ statusCode: number }>) {
  const counts: Record<number, number> = {}
  for (let count = 0; count < times; count += 1) {
    const { statusCode } = await ask()
    counts[statusCode] = (counts[statusCode] ?? 0) + 1
  }
  return counts
}

test('one address that floods WHIP leaves the others their part', async () => {
  const server = await start()
  const post = (remoteAddress: string) => () =>
    server.inject({
      ...{ method: 'POST', url: '/whip/live', remoteAddress },
      ...{ headers: { 'content-type': 'application/sdp' }, payload: 'v=0\r\n' },
    })
  expect(await statuses(100, post(greedy))).toEqual({ 201: 10, 429: 90 })
  expect(await statuses(5, post(other))).toEqual({ 201: 5 })
  // One client has all of a /64.
  expect(await statuses(20, post('2001:db8::1'))).toEqual({ 201: 10, 429: 10 })
  expect(await statuses(5, post('2001:db8::ffff:2'))).toEqual({ 429: 5 })
  expect(await statuses(5, post('2001:db8:0:1::1'))).toEqual({ 201: 5 })
})

test('one address that floods the API is refused, with a time to wait; the others are not', async () => {
  const server = await start()
  const ask = (remoteAddress: string) => () => server.inject({ url: '/api/streams', remoteAddress })
  expect(await statuses(200, ask(greedy))).toEqual({ 200: 150, 429: 50 })
  const refused = await ask(greedy)()
  expect(refused.json()).toEqual({ error: { code: 'TOO_MANY_REQUESTS', message: expect.any(String) } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(await statuses(10, ask(other))).toEqual({ 200: 10 })
  // What runs on this machine is no stranger.
  expect(await statuses(300, () => server.inject({ url: '/api/streams' }))).toEqual({ 200: 300 })
})

test('one address that waits for media leaves places for others', async () => {
  const server = await start()
  const url = '/hls/talk/v0-s.m3u8?_HLS_msn=1&_HLS_part=3'
  // fastify begins when it is waited for.
  const ask = async (remoteAddress: string) => await server.inject({ url, remoteAddress })
  const waiting = [ask(greedy), ask(greedy)]
  await expect.poll(() => store.blocked.size).toBe(2)
  const refused = await ask(greedy)
  expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'TOO_MANY_REQUESTS'])
  waiting.push(ask(other))
  await expect.poll(() => store.blocked.size).toBe(3)
  for (const fragment of fragments.slice(8)) store.onFragment(fragment)
  expect((await Promise.all(waiting)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
  expect(await statuses(1, () => ask(greedy))).toEqual({ 200: 1 })
})

test('the address is what a trusted proxy says, and nobody else', async () => {
  const headers = { 'x-forwarded-for': greedy }
  const server = await start()
  const ask = (remoteAddress: string) => () => server.inject({ url: '/api/streams', headers, remoteAddress })
  expect(await statuses(200, ask('127.0.0.1'))).toEqual({ 200: 150, 429: 50 })
  expect(await statuses(10, ask(other))).toEqual({ 200: 10 })
})

test('one address has a part of the websockets, and gets its places back', async () => {
  const server = await start({ SLUICE_MAX_SOCKETS: '8' })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const open = async (address: string) => {
    const headers = { 'x-forwarded-for': address }
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/publish/live`, { headers })
    cleanup.defer(() => socket.terminate())
    const status = await Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(([, { statusCode }]) => Number(statusCode)),
    ])
    return { socket, status }
  }
  const opened = [await open(greedy), await open(greedy), await open(greedy), await open(other)]
  expect(opened.map(({ status }) => status)).toEqual([101, 101, 429, 101])
  opened[0]?.socket.close()
  await expect.poll(async () => (await open(greedy)).status).toBe(101)
})

test('no more connections than configured, and the others are cut at once', async () => {
  const server = await start({ SLUICE_MAX_CONNECTIONS: '2' })
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
  const open = async () => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    cleanup.defer(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const ask = async (socket: Awaited<ReturnType<typeof open>>) => {
    const heard = Promise.race([once(socket, 'data').then(String), once(socket, 'close').then(() => 'cut')])
    socket.write('GET /api/streams HTTP/1.1\r\nhost: localhost\r\n\r\n')
    return (await heard).slice(0, 15)
  }
  const first = await open()
  expect(await ask(first)).toBe('HTTP/1.1 200 OK')
  expect(await ask(await open())).toBe('HTTP/1.1 200 OK')
  expect(await ask(await open())).toBe('cut')
  first.destroy()
  await expect.poll(async () => await ask(await open())).toBe('HTTP/1.1 200 OK')
})
