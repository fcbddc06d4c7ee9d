import { gunzipSync } from 'node:zlib'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GatewayError, toErrorShape } from '../../../src/errors.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { registerHls } from '../../../src/http/hls/hls.ts'
import { httpAsk } from '../../support/http-ask.ts'
import { openGate } from '../../support/open-gate.ts'
import { drawn, makeEpoch } from './make-fragments.ts'

const fragments = drawn('K---- K---- K----', makeEpoch('e'))
let server: FastifyInstance
let store: HlsStore
let url: string

beforeEach(async () => {
  store = new HlsStore({
    stream: 'talk',
    segmentSeconds: 1,
    windowSeconds: 12,
    partTargetSeconds: 0.229,
    sessionId: 's',
  })
  for (const fragment of fragments.slice(0, 8)) store.onFragment(fragment)
  server = Fastify({ forceCloseConnections: true })
  await server.register(helmet)
  server.setErrorHandler((error, _, reply) => {
    reply.code(error instanceof GatewayError ? error.status : 500).send({ error: toErrorShape(error) })
  })
  registerHls(server, { storeOf: () => store, maxWaitingRequests: 2, maxAddressShare: 1, gate: openGate })
  url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/hls/talk`
})

afterEach(() => server.close())

const waiting = (count: number) => expect.poll(() => store.blocked.size).toBe(count)

test('the playlist and the announced part come with the fragment', async () => {
  const playlist = fetch(`${url}/v0-s.m3u8?_HLS_msn=1&_HLS_part=3`)
  const part = fetch(`${url}/e/v0/p8.m4s`)
  await waiting(2)
  expect(store.snapshot().waitingViewers).toBe(2)
  for (const fragment of fragments.slice(8, 9)) store.onFragment(fragment)
  const answer = await playlist
  expect(answer.headers.get('cache-control')).toBe('public, max-age=6')
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(answer.headers.get('vary')).toContain('accept-encoding')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await answer.text()).toContain('e/v0/p8.m4s')
  const media = await part
  expect(media.headers.get('cache-control')).toContain('immutable')
  expect((await media.arrayBuffer()).byteLength).toBe(1000)
  expect(store.blocked.size).toBe(0)
})

test('a third one is sent away while two wait, and a disconnect makes room', async () => {
  const leaving = new AbortController()
  const first = fetch(`${url}/e/v0/p8.m4s`, { signal: leaving.signal }).catch((error: Error) => error.name)
  const second = fetch(`${url}/e/v0/p8.m4s`)
  await waiting(2)
  const third = await fetch(`${url}/e/v0/p8.m4s`)
  expect(third.status).toBe(503)
  expect(await third.json()).toMatchObject({ error: { code: 'TOO_MANY_VIEWERS' } })
  leaving.abort()
  expect(await first).toBe('AbortError')
  await waiting(1)
  store.onEnd()
  expect((await second).status).toBe(404)
})

test('the end answers requests that wait for a playlist', async () => {
  const playlist = fetch(`${url}/v0-s.m3u8?_HLS_msn=2`)
  await waiting(1)
  store.onEnd()
  expect(await (await playlist).text()).toContain('#EXT-X-ENDLIST')
})

test('without gzip the same text comes plain, with a tag of its own', async () => {
  const headers = { 'accept-encoding': 'gzip;q=0, identity' }
  const plain = await httpAsk(`${url}/v0-s.m3u8`, { headers })
  const zipped = await httpAsk(`${url}/v0-s.m3u8`, { headers: { 'accept-encoding': 'br, gzip' } })
  expect(plain.headers).not.toHaveProperty('content-encoding')
  expect(zipped.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body)
  expect(zipped.headers.etag).not.toBe(plain.headers.etag)
})

test.each([
  ['a segment too far ahead', '_HLS_msn=4'],
  ['a part too far ahead', '_HLS_msn=1&_HLS_part=99'],
  ['a part without its segment', '_HLS_part=1'],
  ['no number', '_HLS_msn=soon'],
  ['two numbers', '_HLS_msn=1&_HLS_msn=2'],
])('%s is refused at once, and nobody may keep that', async (_, query) => {
  const answer = await fetch(`${url}/v0-s.m3u8?${query}`)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.json()).toMatchObject({ error: { code: 'BAD_REQUEST' } })
  expect(store.blocked.size).toBe(0)
})

test('a request that waited for three target durations is refused', async () => {
  const fromMs = performance.now()
  const answers = await Promise.all([fetch(`${url}/v0-s.m3u8?_HLS_msn=2`), fetch(`${url}/e/v0/p8.m4s`)])
  // Timers may be some ms early by another clock.
  expect(performance.now() - fromMs).toBeGreaterThan(2_950)
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({ error: { code: 'NO_NEW_MEDIA' } })
  }
})
