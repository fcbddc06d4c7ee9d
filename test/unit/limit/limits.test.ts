import { describe, expect, test } from 'vitest'
import { clientKey } from '../../../src/limit/client-key.ts'
import { CountLimit, type Fullness, shareOf } from '../../../src/limit/count-limit.ts'
import { RateLimit } from '../../../src/limit/rate-limit.ts'
import { TokenBucket } from '../../../src/limit/token-bucket.ts'

describe('a client', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['127.0.0.1', null],
    ['127.1.2.3', null],
    ['::ffff:127.0.0.1', null],
    ['::1', null],
    ['no address: at all', 'no address: at all'],
  ])('at %s is %s', (address, key) => expect(clientKey(address)).toBe(key))
})

describe('a number of places', () => {
  const refusal = (fullness: Fullness) => new Error(fullness)

  test('is bounded in all and for each client, and each place comes back once', () => {
    const limit = new CountLimit({ total: 3, each: 2 })
    const first = limit.enter('a', refusal)
    limit.enter('a', refusal)
    expect(() => limit.enter('a', refusal)).toThrow('client')
    const other = limit.enter('b', refusal)
    expect(() => limit.enter('c', refusal)).toThrow('total')
    expect(() => limit.enter(null, refusal)).toThrow('total')
    first()
    first()
    expect(limit.count).toBe(2)
    limit.enter('a', refusal)
    expect(() => limit.enter('a', refusal)).toThrow('total')
    other()
    expect(() => limit.enter('a', refusal)).toThrow('client')
  })

  test('knows no share of this machine', () => {
    const limit = new CountLimit({ total: 3, each: 1 })
    for (let count = 0; count < 3; count += 1) limit.enter(null, refusal)
    expect(limit.count).toBe(3)
  })

  test.each([
    [100, 0.25, 25],
    [2, 0.25, 1],
    [3, 1, 3],
  ])('of %d, with a share of %d: %d', (total, share, each) => expect(shareOf(total, share)).toBe(each))
})

describe('a token bucket', () => {
  test('gives so many at once, and so many a second after it', () => {
    let nowMs = 0
    const bucket = new TokenBucket(3, 2, () => nowMs)
    const taken = () => Array.from({ length: 5 }, () => bucket.take()).filter(Boolean).length
    expect(taken()).toBe(3)
    nowMs = 499
    expect(taken()).toBe(0)
    nowMs = 1_400
    expect(taken()).toBe(2)
    // Not more than at once, however long nobody came.
    nowMs = 1_000_000
    expect(taken()).toBe(3)
  })
})

describe('a rate', () => {
  test('leaves the others theirs when one client takes all it can', () => {
    let nowMs = 0
    const limit = new RateLimit({ burst: 40, perSecond: 20 }, 0.25, () => nowMs)
    const taken = (client: string | null, times: number) =>
      Array.from({ length: times }, () => limit.take(client)).filter(Boolean).length
    expect(taken('a', 1_000)).toBe(10)
    expect(taken('b', 5)).toBe(5)
    expect(taken(null, 1_000)).toBe(25)
    // Now all of it is gone, for everyone.
    expect(taken('c', 1)).toBe(0)
    nowMs = 1_000
    expect(taken('a', 1_000)).toBe(5)
    expect(taken('b', 1_000)).toBe(10)
  })

  test('remembers a bounded number of clients', () => {
    const limit = new RateLimit({ burst: 1_000_000, perSecond: 1 }, 0.000_001, () => 0)
    for (let count = 0; count < 20_000; count += 1) limit.take(`client ${count}`)
    expect(limit.clients).toBe(10_000)
    // The last one is remembered, the first one is not.
    expect([limit.take('client 19999'), limit.take('client 0')]).toEqual([false, true])
  })
})
