import { describe, expect, test } from 'vitest'
import { type AddressRules, whyBlocked } from '../../../../src/push/connection/address-rules.ts'

const strict: AddressRules = { allowPrivate: false, allow: [], deny: [], own: () => [] }
const why = (rules: Partial<AddressRules>, host: string, address: string, trusted = false) =>
  whyBlocked({ ...strict, ...rules }, host, address, trusted)

describe('whyBlocked', () => {
  test.each([
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...[
      '169.254.169.254',
      '100.64.0.1',
      '198.18.0.1',
      '192.0.2.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1', '2001:db8::1'],
    // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
    ...[
      '::ffff:127.0.0.1',
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001::1',
    ],
  ])('%s is nobody else’s business', (address) => {
    expect(why({}, 'host', address)).toMatch(/private network/)
    expect(why({ allowPrivate: true }, 'host', address)).toBeNull()
    expect(why({}, 'host', address, true)).toBeNull()
  })

  test.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is on the Internet',
    (address) => expect(why({}, 'host', address)).toBeNull(),
  )

  test.each([
    ['10.1.0.0/16', 'host', '10.1.2.3', true],
    ['10.1.0.0/16', 'host', '10.2.0.1', false],
    ['10.1.2.3', 'host', '10.1.2.3', true],
    ['10.1.2.3', 'host', '::ffff:10.1.2.3', true],
    ['fd00::/8', 'host', 'fd12::1', true],
    ['nginx-rtmp', 'NGINX-rtmp', '10.0.0.1', true],
    ['nginx-rtmp', 'evil.nginx-rtmp', '10.0.0.1', false],
  ])('allowed %s lets %s at %s in: %s', (entry, host, address, may) => {
    expect(why({ allow: [entry] }, host, address) === null).toBe(may)
    // What is forbidden stays so.
    if (may) expect(why({ allow: [entry], deny: [entry] }, host, address)).toMatch(/DENY/)
  })

  test('nobody, not even the operator’s own target, goes where it is forbidden', () => {
    expect(why({ deny: ['8.0.0.0/8'], allowPrivate: true }, 'host', '8.8.8.8', true)).toMatch(/DENY/)
  })

  test.each(['8.8.8.8', '::ffff:8.8.8.8', '2606:4700::1111'])(
    '%s is not when it is the own one',
    (address) => {
      const own = () => ['1.1.1.1', '8.8.8.8', '2606:4700::1111']
      expect(why({ own }, 'host', address)).toMatch(/gateway's own/)
      expect(why({ own }, 'host', '9.9.9.9')).toBeNull()
      expect(why({ own, allowPrivate: true }, 'host', address)).toBeNull()
      expect(why({ own, allow: ['8.0.0.0/8', '2606:4700::/32'] }, 'host', address)).toBeNull()
      expect(why({ own }, 'host', address, true)).toBeNull()
    },
  )
})
