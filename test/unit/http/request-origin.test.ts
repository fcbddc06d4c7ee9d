import { expect, test } from 'vitest'
import { isOwnOrigin } from '../../../src/http/request-origin.ts'

test.each([
  ['http://127.0.0.1:8080', '127.0.0.1:8080', true],
  ['http://[::1]:8080', '[::1]:8080', true],
  ['http://localhost:8080', 'localhost:8080', true],
  ['http://a.localhost', 'a.localhost', true],
  ['http://192.168.1.7', '192.168.1.7', true],
  // Behind a proxy: nobody else has a certificate for this name.
  ['https://live.example.org', 'live.example.org', true],
  ['https://live.example.org', 'LIVE.example.org', true],
  ['http://gateway.lan:8080', 'gateway.lan:8080', true],
  // Another site.
  ['https://evil.example', 'live.example.org', false],
  ['https://live.example.org', 'live.example.org:8443', false],
  ['http://localhost:3000', 'localhost:8080', false],
  // A name of somebody else that leads to this machine.
  ['http://evil.example:8080', 'evil.example:8080', false],
  ['http://localhost.evil.example', 'localhost.evil.example', false],
  ['http://127.0.0.1.evil.example', '127.0.0.1.evil.example', false],
  ['null', 'localhost:8080', false],
  ['', '', false],
])('%s to %s: %s', (origin, host, own) => {
  expect(isOwnOrigin(origin, host, ['gateway.lan'])).toBe(own)
})
