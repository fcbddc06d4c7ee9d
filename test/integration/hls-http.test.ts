import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { clip } from '../support/clip.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { HlsRecorder } from '../support/hls-recorder.ts'
import { publishTracks } from '../support/publish-tracks.ts'

const playlistType = 'application/vnd.apple.mpegurl'
const forEver = 'public, max-age=31536000, immutable'

let gateway: TestGateway
/** Answers of requests that were made while the streams were live. */
let live: Awaited<ReturnType<typeof askEverything>>
/** Asked for after the end, with the tag of an older version and with its own. */
let changedPlaylist: Answer
let samePlaylist: Answer

type Answer = Awaited<ReturnType<typeof ask>>

beforeAll(async () => {
  const path = await clip()
  gateway = await startGateway({ SLUICE_SEGMENT_SECONDS: '1' })
  const both = await publishTracks(gateway, 'both', ['video', 'audio'])
  await both.send(path, 'video/H264', 'audio/opus')
  const sound = await publishTracks(gateway, 'sound', ['audio'])
  await sound.send(path, 'audio/opus')
  const recorders = ['both', 'sound'].map((name) => new HlsRecorder(`${gateway.url}/hls/${name}`))
  for (const recorder of recorders)
    await vi.waitFor(() => expect(recorder.segments.length).toBeGreaterThan(1), 30_000)
  live = await askEverything(recorders)
  await Promise.all([both.leave('stopped'), sound.leave('stopped')])
  for (const recorder of recorders) {
    await vi.waitFor(() => expect(recorder.ended).toBe(true), 10_000)
    await recorder.stop()
  }
  changedPlaylist = await ask('both/v0.m3u8', { headers: since(live.media) })
  samePlaylist = await ask('both/v0.m3u8', { headers: since(changedPlaylist) })
}, 120_000)
afterAll(async () => await gateway?.close())

test('types, caching and CORS', () => {
  for (const [answer, type, caching] of [
    [live.multivariant, playlistType, 'no-cache'],
    [live.media, playlistType, 'no-cache'],
    [live.init, 'video/mp4', forEver],
    [live.segment, 'video/mp4', forEver],
    [live.soundSegment, 'audio/mp4', forEver],
  ] as const) {
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain(type)
    expect(answer.headers.get('cache-control')).toBe(caching)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(Number(answer.headers.get('content-length'))).toBe(answer.bytes.length)
  }
  expect(live.preflight.status).toBe(204)
  expect(live.preflight.headers.get('access-control-allow-headers')).toContain('Range')
})

test('HEAD says what GET would, without a body', () => {
  expect(live.head.status).toBe(200)
  expect(live.head.bytes).toHaveLength(0)
  for (const header of ['content-type', 'content-length', 'etag', 'cache-control']) {
    expect(live.head.headers.get(header)).toBe(live.segment.headers.get(header))
  }
})

test('ranges', () => {
  expect(live.range.status).toBe(206)
  expect(live.range.headers.get('content-range')).toBe(`bytes 100-199/${live.segment.bytes.length}`)
  expect(live.range.bytes).toEqual(live.segment.bytes.subarray(100, 200))
  expect(live.rangeBehindEnd.status).toBe(416)
})

test('304 for what the client has, for a playlist only while it has not changed', () => {
  expect(live.sameSegment.status).toBe(304)
  expect(live.sameSegment.bytes).toHaveLength(0)
  expect(changedPlaylist.status).toBe(200)
  expect(samePlaylist.status).toBe(304)
})

test('404 as JSON for what is not there, and nobody may keep it', () => {
  expect(live.missing.status).toBe(404)
  expect(live.missing.headers.get('cache-control')).toBe('no-store')
  expect(JSON.parse(live.missing.bytes.toString())).toMatchObject({ error: { code: 'NOT_FOUND' } })
})

async function askEverything([both, sound]: readonly HlsRecorder[]) {
  const newest = both?.segments.at(-1)
  const path = `both/${newest?.uri}`
  const segment = await ask(path)
  return {
    multivariant: await ask('both/index.m3u8'),
    media: await ask('both/v0.m3u8'),
    init: await ask(`both/${newest?.map}`),
    segment,
    soundSegment: await ask(`sound/${sound?.segments.at(-1)?.uri}`),
    head: await ask(path, { method: 'HEAD' }),
    preflight: await ask(path, { method: 'OPTIONS' }),
    range: await ask(path, { headers: { range: 'bytes=100-199' } }),
    rangeBehindEnd: await ask(path, { headers: { range: `bytes=${segment.bytes.length}-` } }),
    sameSegment: await ask(path, { headers: since(segment) }),
    missing: await ask(`both/${newest?.uri.replace(/\d+\.m4s/, '99999.m4s')}`),
  }
}

async function ask(path: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  // Lengths and tags are those of the bytes themselves.
  const headers = { 'accept-encoding': 'identity', ...init.headers }
  const response = await fetch(`${gateway.url}/hls/${path}`, { ...init, headers })
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}

function since(answer: Answer): Record<string, string> {
  return { 'if-none-match': answer.headers.get('etag') ?? '' }
}
