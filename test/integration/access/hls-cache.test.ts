import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNginx } from '../../../scripts/bench/serving/nginx.ts'
import { Cleanup } from '../../../src/cleanup.ts'
import { Feed } from '../../../src/feed/feed.ts'
import { createLog } from '../../../src/log.ts'
import { freePort } from '../../support/free-ports.ts'
import { startRoutes } from '../../support/routes-server.ts'
import { drawn } from '../../unit/hls/make-fragments.ts'

const cleanup = new Cleanup()
let server: Awaited<ReturnType<typeof startRoutes>>
let cacheUrl: string
/** Paths that reached the gateway. */
const upstream: string[] = []

beforeAll(async () => {
  server = await startRoutes(cleanup, { SLUICE_ACCESS: 'required' })
  const { access, server: http } = server.app
  await access.streams.set('show', 'private')
  const feed = new Feed({ maxSeconds: 9, maxBytes: 9e6 })
  const { dispose } = server.hls.open({
    stream: 'show',
    feed,
    log: createLog({ level: 'silent', pretty: false }),
  })
  cleanup.defer(async () => dispose())
  for (const fragment of drawn(`${'K---------'.repeat(2)}K`)) feed.append(fragment)
  http.server.on('request', ({ url = '' }) => upstream.push(url))
  const gatewayUrl = await http.listen({ host: '127.0.0.1', port: 0 })
  const directory = await mkdtemp(join(tmpdir(), 'sluice-cache-'))
  cleanup.defer(() => rm(directory, { recursive: true, force: true }))
  const cache = join(directory, 'cache')
  await mkdir(cache)
  const port = await freePort()
  const config = (await readFile(join(import.meta.dirname, '../../../docker/hls-cache/nginx.conf'), 'utf8'))
    .replaceAll('/tmp/', `${cache}/`)
    .replace('gateway:8080', new URL(gatewayUrl).host)
    .replace('listen 8081', `listen 127.0.0.1:${port}`)
  cleanup.defer(await startNginx(cache, config, port))
  cacheUrl = `http://127.0.0.1:${port}`
})
afterAll(() => cleanup.run())

const addressOf = (line: string | undefined, base: string): string => new URL(line ?? '', base).href

/** Plays once, as a player does. @returns the addresses of the segments, and what was in them. */
async function play(prefix: string) {
  const index = `${cacheUrl}/hls/${prefix}show/index.m3u8`
  const multivariant = await fetch(index)
  if (!multivariant.ok) return { status: multivariant.status, segments: [] }
  const media = addressOf(
    (await multivariant.text()).split('\n').find((line) => line.endsWith('.m3u8')),
    index,
  )
  const playlist = await fetch(media)
  const lines = (await playlist.text()).split('\n').filter((line) => line.endsWith('.m4s'))
  const segments = []
  for (const line of lines) {
    const address = addressOf(line, media)
    const answer = await fetch(address)
    segments.push({ address, status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) })
  }
  return { status: playlist.status, segments }
}

test('behind the cache, two viewers with two tokens cost one request for each segment; a third without gets none', async () => {
  const token = async () =>
    (
      await server.app.access.playTokens.issue({
        stream: 'show',
        subject: 'ann',
        lifetimeSeconds: 60,
        renewSeconds: 0,
      })
    ).token
  const [first, second] = [await token(), await token()]
  const one = await play(`~${first}/`)
  const two = await play(`~${second}/`)
  expect(one.segments.length).toBeGreaterThan(1)
  expect(two.segments).toEqual(one.segments)
  expect(new Set(one.segments.map(({ status }) => status))).toEqual(new Set([200]))
  for (const { address } of one.segments) {
    expect(address).not.toContain('~')
    expect(
      upstream.filter((path) => path === new URL(address).pathname),
      address,
    ).toHaveLength(1)
  }
  // Each of them was checked by the gateway.
  for (const each of [first, second]) expect(upstream.filter((path) => path.includes(each))).toHaveLength(2)
  expect(await play('')).toEqual({ status: 403, segments: [] })
  expect(await play(`~${first}x/`)).toEqual({ status: 403, segments: [] })
  // A token is good no more as soon as it is revoked, although the cache was asked with it before.
  await server.app.access.revocations.add('show', { all: true })
  expect(await play(`~${first}/`)).toEqual({ status: 403, segments: [] })
})
