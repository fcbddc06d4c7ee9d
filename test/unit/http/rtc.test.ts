import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { iceServerLinks } from '../../../src/http/rtc/ice-server-links.ts'
import { iceServers } from '../../../src/ingest/ice-servers.ts'
import { readIceFragment, usernameFragmentOf } from '../../../src/sfu/sdp/ice-fragment.ts'
import { offerOf } from '../../support/offers.ts'

describe('ICE server links', () => {
  const settings = {
    stunUrls: ['stun:s:3478'],
    turnUrls: ['turn:t:3478?transport=udp'],
    turnSecret: 'secret',
  }

  test('carry a password that coturn can work out, and that expires', () => {
    const username = `${1_000 + 12 * 3_600}:sluice`
    const credential = createHmac('sha1', 'secret').update(username).digest('base64')
    expect(iceServerLinks(iceServers(settings, 1_000_999))).toEqual([
      '<stun:s:3478>; rel="ice-server"',
      `<turn:t:3478?transport=udp>; rel="ice-server"; username="${username}"; credential="${credential}"; credential-type="password"`,
    ])
  })

  test('are none without servers', () => {
    expect(iceServerLinks(iceServers({ stunUrls: [], turnUrls: [], turnSecret: null }, 0))).toEqual([])
  })
})

describe('ICE fragments', () => {
  test.each([
    { what: 'candidates alone', text: 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n', ufrag: null },
    { what: 'their end', text: 'm=audio 9 RTP/AVP 0\na=mid:0\na=end-of-candidates', ufrag: null },
    { what: 'a session', text: 'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n', ufrag: 'EsAw' },
  ])('$what', ({ text, ufrag }) => expect(readIceFragment(text)).toEqual({ usernameFragment: ufrag }))

  test.each([
    '',
    'hello',
    'a=ice-ufrag:EsAw',
    'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
    'a=ice-ufrag:Es\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
    'a=ice-ufrag:EsAw\r\na=ice-pwd:short',
    'a=mid:0',
  ])('%j is refused', (text) => expect(() => readIceFragment(text)).toThrow(GatewayError))

  test('the session of an offer', () => {
    expect(usernameFragmentOf(offerOf('obs-simulcast'))).toBe('Dx6Q')
    expect(usernameFragmentOf('v=0')).toBe(null)
  })
})
