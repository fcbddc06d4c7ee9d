import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startNginx } from '../../scripts/bench/serving/nginx.ts'
import { Cleanup } from '../../src/cleanup.ts'
import { freePort } from '../support/free-ports.ts'

/** The configurations of nginx that the documents and the compose file hold, in front of a server that says what came. */
const root = join(import.meta.dirname, '../..')
let cleanup: Cleanup
let directory: string
let port: number
/** Addresses that reached the server behind the proxy. */
let reached: string[]

beforeEach(async () => {
  cleanup = new Cleanup()
  directory = await mkdtemp(join(tmpdir(), 'sluice-proxy-'))
  cleanup.defer(() => rm(directory, { recursive: true, force: true }))
  port = await freePort()
  reached = []
})
afterEach(() => cleanup.run())

async function startUpstream(): Promise<number> {
  const server = createServer(({ url = '', headers }, response) => {
    reached.push(url)
    response.writeHead(200, { 'cache-control': 'public, max-age=60', 'content-type': 'application/json' })
    response.end(JSON.stringify({ url, headers }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init)

test("the documents' TLS proxy passes on what the gateway's own doors guard, and shows nothing of operators", async () => {
  const upstream = await startUpstream()
  const [, example = ''] =
    /```nginx\n(.*?)```/s.exec(readFileSync(join(root, 'docs/deploy.md'), 'utf8')) ?? []
  const config = example
    .replace(/listen 443.*;/, `listen 127.0.0.1:${port};`)
    .replace(/^ *ssl_certificate.*$/gm, '')
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${upstream}`)
  const files = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(directory, kind)};`,
  )
  const whole = `pid ${join(directory, 'pid')};\nevents {}\nhttp { access_log off; ${files.join(' ')}\n${config}\n}`
  cleanup.defer(await startNginx(directory, whole, port))

  for (const path of [
    '/',
    '/watch/live',
    '/api/streams',
    '/api/streams/live',
    '/hls/live/index.m3u8',
    '/whep/live',
    '/publish/live',
    // The gateway's door asks for a token.
    '/metrics',
    '/ws/publish/live',
    '/whip/live/session',
    '/api/streams/live/targets',
  ]) {
    expect([path, (await ask(path)).status]).toEqual([path, 200])
  }
  const before = reached.length
  for (const path of ['/internal/rtmp/on_publish', '/healthz', '/readyz']) {
    expect([path, (await ask(path)).status]).toEqual([path, 404])
  }
  expect(reached).toHaveLength(before)
  // What the gateway needs to know of the client, and not what the client says.
  const { headers } = await (await ask('/', { headers: { 'x-forwarded-for': '203.0.113.7' } })).json()
  expect(headers).toMatchObject({ host: `127.0.0.1:${port}`, 'x-forwarded-for': '127.0.0.1' })
})

test('the HLS cache asks the gateway once, whatever else stands in the query', async () => {
  const upstream = await startUpstream()
  const config = readFileSync(join(root, 'docker/hls-cache/nginx.conf'), 'utf8')
    .replace('server gateway:8080;', `server 127.0.0.1:${upstream};`)
    .replace('listen 8081;', `listen 127.0.0.1:${port};`)
    .replaceAll('/tmp/', `${directory}/`)
  cleanup.defer(await startNginx(directory, config, port))
  reached.length = 0
  const playlist = '/hls/live/live-s.m3u8'
  for (const query of [
    '_HLS_msn=5&_HLS_part=1',
    'x=1&_HLS_part=1&_HLS_msn=5',
    '_HLS_msn=5&y&_HLS_part=1&z=2',
  ]) {
    expect((await ask(`${playlist}?${query}`)).status).toBe(200)
  }
  expect(reached).toEqual([`${playlist}?_HLS_msn=5&_HLS_part=1`])
  for (const query of ['?x=1', '?x=2', '']) await ask(`/hls/live/e/7.m4s${query}`)
  expect(reached.slice(1)).toEqual(['/hls/live/e/7.m4s'])
  await ask(`${playlist}?_HLS_msn=5&_HLS_part=1&_HLS_skip=YES`)
  await ask(`${playlist}?_HLS_msn=5`)
  expect(reached.slice(2)).toEqual([
    `${playlist}?_HLS_msn=5&_HLS_part=1&_HLS_skip=YES`,
    `${playlist}?_HLS_msn=5`,
  ])
  const { headers } = await (await ask(`${playlist}?_HLS_msn=6`)).json()
  expect(headers.host).toBe(`127.0.0.1:${port}`)
})
