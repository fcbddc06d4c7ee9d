import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import { types as hls, parse } from 'hls-parser'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayError, toErrorShape } from '../../../src/errors.ts'
import { mp4Muxer } from '../../../src/feed/muxer.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { registerHls } from '../../../src/http/hls/hls.ts'
import { checkRequestOrigins, RequestOrigin } from '../../../src/http/request-origin.ts'
import { httpAsk } from '../../support/http-ask.ts'
import { openGate } from '../../support/open-gate.ts'
import { bodyOf } from './hls-resource.ts'
import { drawn, makeEpoch } from './make-fragments.ts'

const gop = 'K---------'
let server: FastifyInstance
let store: HlsStore
let origin: string

beforeEach(async () => {
  store = new HlsStore({ stream: 'talk', segmentSeconds: 2, windowSeconds: 8 })
  for (const fragment of drawn(`${gop.repeat(2)}K`, makeEpoch('ep'))) store.onFragment(fragment)
  const stores = new Map([
    ['talk', store],
    ['silent', new HlsStore({ stream: 'silent', segmentSeconds: 2, windowSeconds: 8 })],
  ])
  server = Fastify({ forceCloseConnections: true })
  // As the real server does: helmet's headers are for pages.
  await server.register(helmet)
  const open = { allowedHosts: [], allowedOrigins: ['*'], hasCertificateFor: null }
  checkRequestOrigins(server, new RequestOrigin(open))
  server.setErrorHandler((error, _, reply) => {
    reply.code(error instanceof GatewayError ? error.status : 500).send({ error: toErrorShape(error) })
  })
  registerHls(server, {
    storeOf: (stream) => stores.get(stream),
    maxWaitingRequests: 2,
    maxAddressShare: 1,
    gate: openGate,
  })
  origin = await server.listen({ host: '127.0.0.1', port: 0 })
})

afterEach(() => server.close())

const get = (path: string, headers: Record<string, string> = {}) => httpAsk(origin + path, { headers })

describe('GET', () => {
  test('a player finds its way from the multivariant playlist to the media', async () => {
    const index = await get('/hls/talk/index.m3u8')
    expect(index.headers).toMatchObject({
      'content-type': 'application/vnd.apple.mpegurl',
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringMatching(/Content-Range, Date, ETag/),
      'cross-origin-resource-policy': 'cross-origin',
      date: expect.any(String),
      etag: expect.any(String),
    })
    const master = parse(index.body)
    if (!(master instanceof hls.MasterPlaylist)) throw new Error('not a multivariant playlist')
    expect(master.variants).toHaveLength(1)
    const [variant] = master.variants
    // 10 fragments of 1000 bytes in 2 s, after none that was longer.
    expect(variant).toMatchObject({
      bandwidth: 40_000,
      averageBandwidth: 40_000,
      frameRate: 30,
      codecs: 'avc1.42e01f,mp4a.40.2',
    })
    const mediaUrl = new URL(variant?.uri ?? '', 'http://host/hls/talk/index.m3u8')
    const list = await get(mediaUrl.pathname)
    expect(list.headers['content-type']).toBe('application/vnd.apple.mpegurl')
    const media = parse(list.body)
    if (!(media instanceof hls.MediaPlaylist)) throw new Error('not a media playlist')
    expect(media.segments).toHaveLength(2)
    for (const segment of media.segments) {
      const init = await get(new URL(segment.map?.uri ?? '', mediaUrl).pathname)
      expect(init.rawPayload).toEqual(mp4Muxer(makeEpoch('ep')).header)
      const answer = await get(new URL(segment.uri, mediaUrl).pathname)
      expect(answer.statusCode).toBe(200)
      expect(answer.rawPayload).toEqual(bodyOf(store.segment('ep', 'v0', segment.mediaSequenceNumber)))
      expect(answer.headers).toMatchObject({
        'content-type': 'video/mp4',
        'content-length': '10000',
        'accept-ranges': 'bytes',
        'cache-control': 'public, max-age=31536000, immutable',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      })
    }
  })

  test.each([
    ['/hls/Talk/index.m3u8', 400, 'BAD_STREAM_NAME'],
    ['/hls/..%2f/index.m3u8', 400, 'BAD_STREAM_NAME'],
    ['/hls/a%2fb/index.m3u8', 400, 'BAD_STREAM_NAME'],
    ['/hls/nobody/index.m3u8', 404, 'STREAM_NOT_FOUND'],
    ['/hls/silent/index.m3u8', 404, 'NOT_FOUND'],
    ['/hls/silent/v0.m3u8', 404, 'NOT_FOUND'],
    ['/hls/talk/', 404, 'NOT_FOUND'],
    ['/hls/talk/ep/v0/2.m4s', 404, 'NOT_FOUND'],
    ['/hls/talk/ep%2fv0%2f1.m4s/', 404, 'NOT_FOUND'],
    ['/hls/talk/..%2ftalk%2fv0.m3u8', 404, 'NOT_FOUND'],
  ])('%s: %d %s, not cached, readable by any page', async (url, status, code) => {
    const answer = await get(url)
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toEqual({ error: { code, message: expect.any(String) } })
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    })
  })
})

describe('ranges', () => {
  const url = '/hls/talk/ep/v0/1.m4s'
  const whole = () => bodyOf(store.segment('ep', 'v0', 1))

  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=9990-', 9990, 9999],
    ['bytes=-10', 9990, 9999],
  ])('%s', async (range, first, last) => {
    const answer = await get(url, { range })
    expect(answer.statusCode).toBe(206)
    expect(answer.headers['content-range']).toBe(`bytes ${first}-${last}/10000`)
    expect(answer.headers['content-length']).toBe(String(last - first + 1))
    expect(answer.rawPayload).toEqual(whole().subarray(first, last + 1))
  })

  test('beyond the end', async () => {
    const answer = await get(url, { range: 'bytes=10000-' })
    expect(answer.statusCode).toBe(416)
    expect(answer.headers).toMatchObject({ 'content-range': 'bytes */10000', 'cache-control': 'no-store' })
    expect(answer.body).toBe('')
  })

  test.each([
    ['several ranges', { range: 'bytes=0-1,3-4' }],
    ['another version', { range: 'bytes=0-1', 'if-range': '"other"' }],
    ['nonsense', { range: 'bytes=x' }],
  ])('%s: the whole', async (_, headers) => {
    const answer = await get(url, headers)
    expect(answer.statusCode).toBe(200)
    expect(answer.rawPayload).toEqual(whole())
  })

  test('the same version', async () => {
    const { etag } = (await get(url)).headers
    expect((await get(url, { range: 'bytes=0-1', 'if-range': String(etag) })).statusCode).toBe(206)
  })

  test('playlists have none', async () => {
    const answer = await get('/hls/talk/v0.m3u8', { range: 'bytes=0-1' })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).not.toHaveProperty('accept-ranges')
  })
})

describe('If-None-Match', () => {
  test.each(['index.m3u8', 'v0.m3u8', 'ep/v0/init.mp4', 'ep/v0/0.m4s'])('%s', async (path) => {
    const { etag } = (await get(`/hls/talk/${path}`)).headers
    for (const header of [String(etag), `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await get(`/hls/talk/${path}`, { 'if-none-match': header, range: 'bytes=0-1' })
      expect(answer.statusCode).toBe(304)
      expect(answer.headers).toMatchObject({ etag, 'cache-control': expect.not.stringContaining('no-store') })
      expect(answer.body).toBe('')
    }
    expect((await get(`/hls/talk/${path}`, { 'if-none-match': '"other"' })).statusCode).toBe(200)
  })

  test('a playlist that went on is sent', async () => {
    const { etag } = (await get('/hls/talk/v0.m3u8')).headers
    store.onEnd()
    const answer = await get('/hls/talk/v0.m3u8', { 'if-none-match': String(etag) })
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toContain('#EXT-X-ENDLIST')
  })
})

describe('other methods', () => {
  test.each(['index.m3u8', 'ep/v0/init.mp4', 'ep/v0/0.m4s'])('HEAD %s', async (path) => {
    const expected = await get(`/hls/talk/${path}`)
    const headers = { range: 'bytes=0-1' }
    const answer = await httpAsk(`${origin}/hls/talk/${path}`, { method: 'HEAD', headers })
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toBe('')
    for (const name of [
      'content-length',
      'content-type',
      'etag',
      'cache-control',
      'access-control-allow-origin',
    ]) {
      expect(answer.headers[name]).toBe(expected.headers[name])
    }
  })

  test('OPTIONS allows a range from another origin', async () => {
    const headers = { origin: 'https://elsewhere.example', 'access-control-request-headers': 'range' }
    const answer = await httpAsk(`${origin}/hls/talk/ep/v0/0.m4s`, { method: 'OPTIONS', headers })
    expect(answer.statusCode).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': expect.stringContaining('Range'),
    })
  })

  test('POST is not there', async () => {
    expect((await httpAsk(`${origin}/hls/talk/v0.m3u8`, { method: 'POST' })).statusCode).toBe(404)
  })
})
