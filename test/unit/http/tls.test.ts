import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { Agent, get } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Cleanup } from '../../../src/cleanup.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { muxMp4 } from '../../../src/feed/muxer.ts'
import { HlsStore } from '../../../src/hls/store.ts'
import { registerHls } from '../../../src/http/hls/hls.ts'
import { createServer } from '../../../src/http/server.ts'
import { createLog } from '../../../src/log.ts'
import { type CertificateFiles, certificateFiles, writeCertificate } from '../../support/certificate.ts'
import { openGate } from '../../support/open-gate.ts'
import { drawn, makeEpoch, makeFragment } from '../hls/make-fragments.ts'

const log = createLog({ level: process.env.TEST_LOG ?? 'silent', pretty: false })
const fragments = drawn('K---- K---- K----', makeEpoch('e'))
const renewEveryMs = 20

let cleanup: Cleanup
let files: CertificateFiles
let store: HlsStore
let url: string
let close: () => Promise<void>

beforeEach(async () => {
  cleanup = new Cleanup()
  files = await certificateFiles(cleanup)
  store = new HlsStore({
    ...{ stream: 'talk', segmentSeconds: 1, windowSeconds: 12, partTargetSeconds: 0.229, sessionId: 's' },
  })
  for (const fragment of fragments.slice(0, 8)) store.onFragment(fragment)
  const config = loadConfig({ SLUICE_TLS_CERT: files.certPath, SLUICE_TLS_KEY: files.keyPath }, null)
  const server = await createServer({ ...config.http, ...config.limits }, log, { renewEveryMs })
  close = () => server.close()
  cleanup.defer(close)
  registerHls(server, { storeOf: () => store, maxWaitingRequests: 1_000, maxAddressShare: 1, gate: openGate })
  server.get('/page', async () => 'a page')
  server.post('/change', async () => 'changed')
  server.route({
    ...{ method: 'GET', url: '/echo', handler: async () => 'no websocket' },
    wsHandler: (socket) => void socket.on('message', (data) => socket.send(data)),
  })
  url = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => cleanup.run())

/** The server cuts connections when it closes. */
const noted = (error: Error) => log.debug({ err: error }, 'cut')

// The certificate is for no host in particular.
const trust = () => ({ ca: files.certPem, checkServerIdentity: () => undefined })

function open(): ClientHttp2Session {
  const session = connect(url, trust())
  session.on('error', noted)
  cleanup.defer(() => session.destroy())
  return session
}

async function ask(session: ClientHttp2Session, path: string, method = 'GET', more = {}) {
  const stream = session.request({ ':path': path, ':method': method, ...more })
  const [headers = {}]: IncomingHttpHeaders[] = await once(stream, 'response')
  return { headers, body: await buffer(stream) }
}

test('one connection waits for many things at once', async () => {
  const session = open()
  const playlists = Array.from({ length: 40 }, () =>
    ask(session, '/hls/talk/v0-s.m3u8?_HLS_msn=1&_HLS_part=3'),
  )
  const parts = Array.from({ length: 40 }, () => ask(session, '/hls/talk/e/v0/p8.m4s'))
  await expect.poll(() => store.blocked.size).toBe(80)
  for (const fragment of fragments.slice(8, 9)) store.onFragment(fragment)
  for (const { headers, body } of await Promise.all(playlists)) {
    expect(headers).toMatchObject({ ':status': 200, 'cache-control': 'public, max-age=6' })
    expect(body.toString()).toContain('e/v0/p8.m4s')
  }
  for (const { headers, body } of await Promise.all(parts)) {
    expect(headers).toMatchObject({ ':status': 200, 'content-length': '1000' })
    expect(body).toEqual(fragments.slice(8, 9).map((fragment) => muxMp4(fragment, 0))[0])
  }
})

test('a page of its own may change things, also when HTTP/2 names the host', async () => {
  const session = open()
  const own = await ask(session, '/change', 'POST', { origin: url })
  expect(own.body.toString()).toBe('changed')
  const other = await ask(session, '/change', 'POST', { origin: 'https://evil.example' })
  expect(other.headers).toMatchObject({ ':status': 403 })
})

test('a cache gets 100 large segments at once', async () => {
  const epoch = makeEpoch('big')
  for (let index = 0; index < 12; index += 1) {
    store.onFragment(
      makeFragment({
        epoch,
        number: 20 + index,
        startSeconds: index,
        durationSeconds: 1,
        keyframe: true,
        fileBytes: 500_000,
      }),
    )
  }
  const segment = /big\/v0\/\d+\.m4s/.exec((await ask(open(), '/hls/talk/v0.m3u8')).body.toString())?.[0]
  const session = open()
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(session, `/hls/talk/${segment}`)))
  const [first] = answers
  expect(first?.body).toHaveLength(500_000)
  for (const { body } of answers) expect(body.equals(first?.body ?? Buffer.alloc(0))).toBe(true)
})

test('errors, HEAD, and what a page is told', async () => {
  const session = open()
  const missing = await ask(session, '/hls/talk/e/v0/99.m4s')
  expect(missing.headers).toMatchObject({ ':status': 404, 'cache-control': 'no-store' })
  expect(JSON.parse(missing.body.toString())).toMatchObject({ error: { code: 'NOT_FOUND' } })
  const head = await ask(session, '/hls/talk/e/v0/0.m4s', 'HEAD')
  expect(head.headers).toMatchObject({ ':status': 200, 'content-length': '5000' })
  expect(head.body).toHaveLength(0)
  const page = await ask(session, '/page')
  expect(page.headers['strict-transport-security']).toBe('max-age=15552000')
})

test('HTTP/1.1 on the same port, for old clients and websockets', async () => {
  const agent = new Agent({ keepAlive: true })
  cleanup.defer(() => agent.destroy())
  const request = get(`${url}/hls/talk/v0.m3u8`, { agent, ...trust() })
  const [response] = await once(request, 'response')
  expect(response.httpVersion).toBe('1.1')
  expect((await buffer(response)).toString()).toContain('#EXTM3U')
  const socket = new WebSocket(`${url.replace('https', 'wss')}/echo`, { rejectUnauthorized: false })
  await once(socket, 'open')
  socket.send('hello')
  const [message] = await once(socket, 'message')
  expect(String(message)).toBe('hello')
  const closed = once(socket, 'close')
  await close()
  await closed
})

test('closing does not wait for whoever waits', async () => {
  const session = open()
  session.request({ ':path': '/hls/talk/e/v0/p8.m4s' }).on('error', noted)
  const idle = connectTls({ port: Number(new URL(url).port), ALPNProtocols: ['http/1.1'], ...trust() })
  cleanup.defer(() => void idle.destroy())
  await once(idle, 'secureConnect')
  idle.write('GET /hls/talk/e/v0/p8.m4s HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await expect.poll(() => store.blocked.size).toBe(2)
  await Promise.all([close(), once(session, 'close'), once(idle, 'close')])
  expect(store.blocked.size).toBe(0)
})

test('a renewed certificate is taken, one that does not fit is not', async () => {
  const fingerprint = async () => {
    const socket = connectTls({ port: Number(new URL(url).port), rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const first = await fingerprint()
  const renewed = await writeCertificate(files)
  await expect.poll(fingerprint).not.toBe(first)
  files.certPem = renewed
  expect((await ask(open(), '/page')).body.toString()).toBe('a page')
  const second = await fingerprint()
  const refused = vi.spyOn(log, 'error')
  const other = await certificateFiles(cleanup)
  await copyFile(other.keyPath, files.keyPath)
  await expect.poll(() => refused.mock.calls.length).toBeGreaterThan(0)
  expect(JSON.stringify(refused.mock.calls[0])).toContain('is not the key of the certificate')
  expect(await fingerprint()).toBe(second)
})
