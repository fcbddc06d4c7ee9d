import { describe, expect, test } from 'vitest'
import { destinationOf, hideSecrets } from '../../../src/restream/destination.ts'

const joins = [
  { url: 'rtmp://host/live', key: 'abc', becomes: 'rtmp://host/live/abc' },
  { url: 'rtmp://host/live/', key: 'abc', becomes: 'rtmp://host/live/abc' },
  { url: 'rtmp://host/live', key: '/abc', becomes: 'rtmp://host/live/abc' },
  { url: 'rtmp://host/live/abc', key: '', becomes: 'rtmp://host/live/abc' },
  { url: 'rtmp://host/live', key: '{stream}', becomes: 'rtmp://host/live/show' },
  {
    url: 'rtmp://host/{stream}/x',
    key: 'k-{stream}?s={stream}',
    becomes: 'rtmp://host/show/x/k-show?s=show',
  },
  { url: 'rtmps://host:443/rtmp/', key: 'FB-1?s_bl=1&a=b', becomes: 'rtmps://host:443/rtmp/FB-1?s_bl=1&a=b' },
]

const shown = [
  { url: 'rtmp://host/live/abc', is: 'rtmp://host' },
  { url: 'rtmp://host:1936/live', is: 'rtmp://host:1936' },
  { url: 'rtmps://me:word@host:443/live', is: 'rtmps://host:443' },
  { url: 'rtmp://[::1]:1935/live?x=@y', is: 'rtmp://[::1]:1935' },
]

const secrets = [
  { url: 'rtmp://host/live', key: 'abc', are: ['abc'] },
  { url: 'rtmp://host/live', key: 'FB-1?s=1', are: ['FB-1?s=1', 'FB-1'] },
  { url: 'rtmp://host/live', key: 'k-{stream}', are: ['k-show'] },
  { url: 'rtmp://host/live', key: '{stream}', are: [] },
  { url: 'rtmp://host/live', key: '', are: [] },
  { url: 'rtmp://host/live/abc', key: '', are: ['abc'] },
  { url: 'rtmp://host/live?token=t', key: 'abc', are: ['token=t', 'abc'] },
  { url: 'rtmp://me:word@host/live', key: 'abc', are: ['me:word', 'abc'] },
]

const of = (url: string, key: string) => destinationOf({ name: 'one', url, key }, 'show')

describe('destinationOf', () => {
  test.each(joins)('$url + $key → $becomes', ({ url, key, becomes }) => {
    expect(of(url, key).url).toBe(becomes)
  })

  test.each(shown)('$url is shown as $is', ({ url, is }) => {
    expect(of(url, 'abc').shown).toBe(is)
  })

  test.each(secrets)('the secrets of $url + $key are $are', ({ url, key, are }) => {
    expect(of(url, key).secrets).toEqual(are)
  })
})

describe('hideSecrets', () => {
  test('hides every secret everywhere, the longest first', () => {
    const text = 'no stream FB-1?s=1 (FB-1), FB-1?s=1'
    expect(hideSecrets(text, ['FB-1?s=1', 'FB-1'])).toBe('no stream [hidden] ([hidden]), [hidden]')
  })
})
