import { describe, expect, test } from 'vitest'
import { destinationOf, hideSecrets } from '../../../../src/push/connection/destination.ts'

const joins = [
  { url: 'rtmp://host/live', key: 'abc', to: { app: 'live', playPath: 'abc', tcUrl: 'rtmp://host/live' } },
  { url: 'rtmp://host/live/', key: 'abc', to: { app: 'live', playPath: 'abc' } },
  { url: 'rtmp://host/live', key: '/abc', to: { app: 'live', playPath: 'abc' } },
  { url: 'rtmp://host/live/abc', key: '', to: { app: 'live', playPath: 'abc', tcUrl: 'rtmp://host/live' } },
  { url: 'rtmp://host/live', key: '', to: { app: 'live', playPath: '' } },
  { url: 'rtmp://host/app/x/abc?s=/1', key: '', to: { app: 'app/x', playPath: 'abc?s=/1' } },
  { url: 'rtmp://host/live', key: '{stream}', to: { app: 'live', playPath: 'show' } },
  {
    url: 'rtmp://host/{stream}/x',
    key: 'k-{stream}?s={stream}',
    to: { app: 'show/x', playPath: 'k-show?s=show' },
  },
  { url: 'rtmps://host:443/rtmp/', key: 'FB-1?s_bl=1&a=b', to: { app: 'rtmp', playPath: 'FB-1?s_bl=1&a=b' } },
  { url: 'rtmp://host/live', key: 'a', to: { host: 'host', port: 1935, secure: false, hasLogin: false } },
  { url: 'rtmps://host/live', key: 'a', to: { host: 'host', port: 443, secure: true } },
  { url: 'rtmp://me:word@[::1]:1936/live', key: 'a', to: { host: '::1', port: 1936, hasLogin: true } },
  { url: 'rtmps://me:word@host:443/live', key: 'a', to: { tcUrl: 'rtmps://host:443/live' } },
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

const of = (url: string, key: string) => destinationOf({ url, key }, 'show')

describe('destinationOf', () => {
  test.each(joins)('$url + $key → $to', ({ url, key, to }) => {
    expect(of(url, key)).toMatchObject(to)
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
