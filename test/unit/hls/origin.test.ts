import { expect, test } from 'vitest'
import { HlsStore } from '../../../src/hls/store.ts'
import { bodyOf, hlsResource } from './hls-resource.ts'
import { drawn, makeEpoch } from './make-fragments.ts'

const gop = 'K---------'

function filled(tracks = {}): HlsStore {
  const store = new HlsStore({ stream: 'talk', segmentSeconds: 2, windowSeconds: 8 })
  for (const fragment of drawn(`${gop.repeat(2)}K`, makeEpoch('Ep_-1', tracks))) store.onFragment(fragment)
  return store
}

test.each([
  ['index.m3u8', 'application/vnd.apple.mpegurl', 'no-cache'],
  ['v0.m3u8', 'application/vnd.apple.mpegurl', 'no-cache'],
  ['Ep_-1/v0/init.mp4', 'video/mp4', 'public, max-age=31536000, immutable'],
  ['Ep_-1/v0/1.m4s', 'video/mp4', 'public, max-age=31536000, immutable'],
])('%s', (path, contentType, cacheControl) => {
  const resource = hlsResource(filled(), path)
  expect(resource.plain.wholeHeaders).toMatchObject({
    'content-type': contentType,
    'cache-control': cacheControl,
    etag: expect.stringMatching(/^"[\x21\x23-\x7e]+"$/),
  })
  expect(bodyOf(resource).length).toBeGreaterThan(0)
})

test('audio only has its own type', () => {
  const store = filled({ video: false })
  expect(hlsResource(store, 'Ep_-1/v0/0.m4s').plain.wholeHeaders['content-type']).toBe('audio/mp4')
  expect(hlsResource(store, 'Ep_-1/v0/init.mp4').plain.wholeHeaders['content-type']).toBe('audio/mp4')
})

test.each([
  '',
  'other.m3u8',
  'Ep_-1/v0/2.m4s',
  'Ep_-1/v0/00.m4s',
  'Ep_-1/v0/-1.m4s',
  'Ep_-1/v0/1.5.m4s',
  'Ep_-1/v0/1e0.m4s',
  'Ep_-1/v0/1.mp4',
  'Ep_-1/v0/1.m4s/',
  'Ep_-1/v0/99999999999999999999.m4s',
  'Ep_-2/v0/1.m4s',
  'Ep_-2/v0/init.mp4',
  'Ep_-1/v1/0.m4s',
  'Ep_-1/v1/init.mp4',
  'v1.m3u8',
  'Ep_-1/v0.m3u8',
  '../talk/v0.m3u8',
  'Ep_-1/../Ep_-1/v0/1.m4s',
])('%j is not there', (path) => {
  expect(() => hlsResource(filled(), path)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test.each(['index.m3u8', 'v0.m3u8'])('%s is not there before the first segment', (path) => {
  const store = new HlsStore({ stream: 'talk', segmentSeconds: 2, windowSeconds: 8 })
  for (const fragment of drawn(gop)) store.onFragment(fragment)
  expect(() => hlsResource(store, path)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('every name has its own tag, and a playlist another one when it changes', () => {
  const store = filled()
  const tags = ['index.m3u8', 'v0.m3u8', 'Ep_-1/v0/init.mp4', 'Ep_-1/v0/0.m4s', 'Ep_-1/v0/1.m4s'].map(
    (path) => hlsResource(store, path).plain.etag,
  )
  expect(new Set(tags).size).toBe(tags.length)
  expect(hlsResource(store, 'v0.m3u8')).toBe(hlsResource(store, 'v0.m3u8'))
  store.onEnd()
  expect(hlsResource(store, 'v0.m3u8').plain.etag).not.toBe(tags[1])
  expect(hlsResource(store, 'Ep_-1/v0/0.m4s').plain.etag).toBe(tags[3])
})
