import { describe, expect, test } from 'vitest'
import { createLog, redactPath, redactUrl, redactUrls } from '../../src/log.ts'

describe('a URL', () => {
  test.each([
    ['rtmp://host/app/key', 'rtmp://host/[hidden]'],
    ['rtmps://live.example.com:443/rtmp/FB-123?s=1', 'rtmps://live.example.com:443/[hidden]'],
    ['rtmp://host', 'rtmp://host'],
    ['rtmp://user:secret@host/app', 'rtmp://host/[hidden]'],
    ['rtmp://user:sec@ret@host/app', 'rtmp://host/[hidden]'],
    ['https://host?token=secret', 'https://host/[hidden]'],
    ['https://host#secret', 'https://host/[hidden]'],
    ['https://host?mail=me@example.com', 'https://host/[hidden]'],
    ['rtmp://host/app/key@home', 'rtmp://host/[hidden]'],
    ['RTMP://host/app/key', 'RTMP://host/[hidden]'],
    ['rtmp://[::1]:1935/app/key', 'rtmp://[::1]:1935/[hidden]'],
    ['secret', '[hidden]'],
    ['', '[hidden]'],
  ])('%s becomes %s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted)
  })
})

describe('a text', () => {
  test.each([
    ['[rtmp @ 0x1] Cannot open rtmp://host/app/secret', '[rtmp @ 0x1] Cannot open rtmp://host/[hidden]'],
    ["Output #0, flv, to 'rtmps://host/app/secret':", "Output #0, flv, to 'rtmps://host/[hidden]':"],
    ['RTMP://host/secret and srt://other?passphrase=secret', 'RTMP://host/[hidden] and srt://other/[hidden]'],
    ['to "https://host/secret"', 'to "https://host/[hidden]"'],
    ['no URL: 12:30, a/b, x@y', 'no URL: 12:30, a/b, x@y'],
  ])('%s becomes %s', (text, redacted) => {
    expect(redactUrls(text)).toBe(redacted)
  })
})

test.each([
  ['/api/streams/show', '/api/streams/show'],
  ['/api/streams/show?key=secret', '/api/streams/show'],
  ['/hls/~secret/show/index.m3u8', '/hls/~[hidden]/show/index.m3u8'],
  ['/hls/~secret', '/hls/~[hidden]'],
  [`/${'x'.repeat(300)}`, `/${'x'.repeat(199)}`],
])('the path %s is logged as %s', (url, logged) => {
  expect(redactPath(url)).toBe(logged)
})

test('known secret fields never reach a log line', () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLog({ level: 'info', pretty: false, destination })
  log.info({ key: 'secret-1', target: { url: 'secret-2', token: 'secret-3' } }, 'a target')
  log.info({ headers: { authorization: 'secret-4' }, token: 'secret-5' }, 'a request')
  log.debug('not at this level')
  expect(lines).toHaveLength(2)
  expect(lines.join('')).not.toContain('secret')
  expect(lines.join('').match(/\[hidden\]/g)).toHaveLength(5)
})
