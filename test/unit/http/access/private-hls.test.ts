import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../src/cleanup.ts'
import { Feed } from '../../../../src/feed/feed.ts'
import { createLog } from '../../../../src/log.ts'
import { type AskedServer, ask, principalsOf } from '../../../support/access-setup.ts'
import { startRoutes } from '../../../support/routes-server.ts'
import { drawn } from '../../hls/make-fragments.ts'

const log = createLog({ level: 'silent', pretty: false })
const gop = 'K---------'

let cleanup: Cleanup
let server: Awaited<ReturnType<typeof startRoutes>>
let shown: Feed

beforeEach(async () => {
  cleanup = new Cleanup()
  server = await startRoutes(cleanup, { SLUICE_ACCESS: 'required' })
  await server.app.access.streams.set('show', 'private')
  for (const stream of ['show', 'open']) {
    const feed = new Feed({ maxSeconds: 9, maxBytes: 9e6 })
    const { dispose } = server.hls.open({ stream, feed, log })
    cleanup.defer(async () => dispose())
    if (stream === 'show') shown = feed
    for (const fragment of drawn(`${gop.repeat(2)}K`)) feed.append(fragment)
  }
})
afterEach(() => cleanup.run())

const get = (path: string, headers = {}) => ask(server satisfies AskedServer, 'GET', path, headers)
const playToken = async (stream = 'show', lifetimeSeconds = 60) =>
  await server.app.access.playTokens.issue({ stream, subject: 'ann', lifetimeSeconds, renewSeconds: 0 })

/** Follows a playlist's addresses as a player does. */
async function follow(index: string) {
  const first = await get(index)
  const media = new URL(
    first.text.split('\n').find((line) => line.endsWith('.m3u8')) ?? '',
    `http://h${index}`,
  )
  const second = await get(media.pathname)
  const uris = [...second.text.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)].map(
    ([, uri, line]) => uri ?? line ?? '',
  )
  return {
    first,
    second,
    media: uris.map((uri) => new URL(uri, media).pathname).filter((path) => !/\.m3u8$/.test(path)),
  }
}

describe('a private stream', () => {
  test('has playlists only for who has a token, whatever it is called', async () => {
    const { text } = await get('/hls/open/index.m3u8')
    expect(text).toContain('v0-')
    for (const path of ['index.m3u8', 'v0.m3u8', 'nothing.m3u8']) {
      expect((await get(`/hls/show/${path}`)).status, path).toBe(403)
    }
    // A stream that does not exist is the same as one that is private.
    await server.app.access.streams.set('absent', 'private')
    expect((await get('/hls/absent/index.m3u8')).status).toBe(403)
    const { key, operator, viewer } = await principalsOf(server, 'show')
    for (const headers of [key, operator, viewer])
      expect((await get('/hls/show/v0.m3u8', headers)).status).toBe(403)
  })

  test('is played with a token in the path: playlists keep it, media is where it is for all', async () => {
    const { token } = await playToken()
    const { first, second, media } = await follow(`/hls/~${token}/show/index.m3u8`)
    for (const { status, headers } of [first, second]) {
      expect(status).toBe(200)
      // A cache would give it to one without a token.
      expect(headers['cache-control']).toBe('private, no-cache')
    }
    expect(second.text).not.toContain(token)
    expect(media.length).toBeGreaterThan(3)
    for (const path of media.slice(0, 3)) {
      expect(path).toMatch(/^\/hls\/show\/[\w-]+\/v0\//)
      const { status, headers } = await get(path)
      expect(status, path).toBe(200)
      expect(headers['cache-control']).toMatch(/^public/)
    }
    const other = await follow(`/hls/~${(await playToken()).token}/show/index.m3u8`)
    expect(other.media).toEqual(media)
  })

  test('is not played with what is no token for it', async () => {
    const { token } = await playToken()
    const elsewhere = await playToken('other')
    const secret = (
      await server.app.access.credentials.create({
        ...({ kind: 'key', label: '', stream: 'show', scope: null, expiresAt: null } as const),
      })
    ).secret
    for (const wrong of [elsewhere.token, `${token}x`, secret, '', 'a.b.c', '%00', 'x'.repeat(3_000)]) {
      const { status } = await get(`/hls/~${wrong}/show/index.m3u8`)
      expect(status, wrong.slice(0, 50)).toBe(403)
    }
    // Where no token is needed, a forged one is refused, too: its player has to learn of it.
    expect((await get(`/hls/~${elsewhere.token}/open/index.m3u8`)).status).toBe(200)
    expect((await get(`/hls/~${elsewhere.token}x/open/index.m3u8`)).status).toBe(403)
    expect((await get(`/hls/~${token}/UPPER/index.m3u8`)).status).toBe(400)
    expect((await get(`/hls/~${token}`)).status).toBe(404)
  })

  test('is played no more once the token was revoked, not even the playlist that a player waits for', async () => {
    const { token, id } = await playToken()
    const path = `/hls/~${token}/show/v0.m3u8`
    const { text } = await get(path)
    const [, sequence = ''] = /MEDIA-SEQUENCE:(\d+)/.exec(text) ?? []
    const segments = text.match(/#EXTINF/g)?.length ?? 0
    const waiting = get(`${path}?_HLS_msn=${Number(sequence) + segments}&_HLS_part=4`)
    const { operator } = await principalsOf(server, 'show')
    const url = '/api/streams/show/play-tokens/revoke'
    expect((await ask(server, 'POST', url, operator, { token: id })).status).toBe(204)
    expect((await get(path)).status).toBe(403)
    shown.end()
    expect((await waiting).status).toBe(403)
  })

  test('may be watched by all once it is public', async () => {
    const { owner } = await principalsOf(server, 'show')
    const url = '/api/streams/show/access'
    expect((await ask(server, 'PUT', url, owner, { visibility: 'unlisted' })).status).toBe(200)
    expect((await get('/hls/show/v0.m3u8')).status).toBe(200)
    expect((await ask(server, 'PUT', url, owner, { visibility: 'private' })).status).toBe(200)
    expect((await get('/hls/show/v0.m3u8')).status).toBe(403)
  })
})
