import { expect, test } from 'vitest'
import { tokenPath } from '../../../player/src/watch/token-path.ts'

test.each([
  ['/hls/show/index.m3u8', 'a.b.c', '/hls/~a.b.c/show/index.m3u8'],
  [
    'https://h/hls/~old.t.k/show/v0-x.m3u8?_HLS_msn=1',
    'a.b.c',
    'https://h/hls/~a.b.c/show/v0-x.m3u8?_HLS_msn=1',
  ],
  ['/hls/~old.t.k/show/index.m3u8', null, '/hls/show/index.m3u8'],
  ['/hls/show/index.m3u8', null, '/hls/show/index.m3u8'],
  // Media is the same for all.
  ['https://h/hls/show/epoch/v0/p1.m4s', 'a.b.c', 'https://h/hls/show/epoch/v0/p1.m4s'],
])('%s with the token %s', (url, token, wanted) => {
  expect(tokenPath(url, token)).toBe(wanted)
})
