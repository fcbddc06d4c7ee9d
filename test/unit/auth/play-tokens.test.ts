import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Player } from '../../../src/auth/play-tokens.ts'
import { Cleanup } from '../../../src/cleanup.ts'
import { openAccess } from '../../support/open-access.ts'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(async () => {
  vi.useRealTimers()
  await cleanup.run()
})

const wanted = { stream: 'show', subject: 'ann', lifetimeSeconds: 60, renewSeconds: 0 }
const identify = (access: Awaited<ReturnType<typeof openAccess>>, token: string) =>
  access.identify({ bearer: token, session: null, address: '192.0.2.7' })
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('play tokens of our own', () => {
  test('let their holder watch one stream until they expire', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const access = await openAccess(cleanup)
    const { token, id } = await access.playTokens.issue(wanted)
    const player = await identify(access, token)
    expect(player).toMatchObject({ kind: 'player', id, subject: 'ann', stream: 'show' })
    expect(access.playTokens.known(token)).toEqual(player)
    expect(access.allows(player, 'watch', 'show')).toBe(true)
    vi.advanceTimersByTime(61_000)
    expect(access.playTokens.known(token)).toBeUndefined()
    expect(access.allows(player, 'watch', 'show')).toBe(false)
    await expect(identify(access, token)).rejects.toThrow('expired')
  })

  test('are good again after a restart, and revocations too', async () => {
    const access = await openAccess(cleanup)
    const [kept, lost] = [await access.playTokens.issue(wanted), await access.playTokens.issue(wanted)]
    await access.revocations.add('show', { token: lost.id })
    const again = await openAccess(cleanup, { database: access.database })
    expect(again.allows(await identify(again, kept.token), 'watch', 'show')).toBe(true)
    const player = await identify(again, lost.token)
    expect(() => again.check(player, 'watch', 'show')).toThrow('revoked')
  })

  test('are revoked one by one, by subject and by stream; later ones are good', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const access = await openAccess(cleanup)
    // The stream is private, or the token would not matter.
    await access.streams.set('show', 'private')
    const players: Player[] = []
    for (const subject of ['ann', 'ann', 'bob']) {
      const { token } = await access.playTokens.issue({ ...wanted, subject })
      const player = await identify(access, token)
      if (player.kind === 'player') players.push(player)
    }
    const good = () => players.map((player) => access.allows(player, 'watch', 'show'))
    expect(good()).toEqual([true, true, true])
    await access.revocations.add('show', { token: players[0]?.id ?? '' })
    expect(good()).toEqual([false, true, true])
    await access.revocations.add('other', { all: true })
    await access.revocations.add('show', { subject: 'ann' })
    expect(good()).toEqual([false, false, true])
    await access.revocations.add('show', { all: true })
    expect(good()).toEqual([false, false, false])
    vi.advanceTimersByTime(5)
    const later = await access.playTokens.issue(wanted)
    expect(access.allows(await identify(access, later.token), 'watch', 'show')).toBe(true)
  })

  test('are renewed as long as they say, and revoking one ends those that it became', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const access = await openAccess(cleanup)
    const first = await access.playTokens.issue({ ...wanted, renewSeconds: 90 })
    expect(await access.playTokens.renew((await access.playTokens.issue(wanted)).token)).toBeUndefined()
    vi.advanceTimersByTime(50_000)
    const second = await access.playTokens.renew(first.token)
    expect(second?.id).toBe(first.id)
    // Not longer than it may be renewed.
    const lastMs = Date.parse(second?.expiresAt ?? '') - Date.now()
    expect(lastMs).toBeGreaterThan(38_000)
    expect(lastMs).toBeLessThanOrEqual(40_000)
    await access.revocations.add('show', { token: first.id })
    expect(access.revocations.has((await identify(access, second?.token ?? '')) as never)).toBe(true)
    vi.advanceTimersByTime(15_000)
    expect(await access.playTokens.renew(first.token)).toBeUndefined()
  })

  test.each<[string, (token: string) => string]>([
    ['another signature', (token) => token.replace(/[^.]+$/, 'A'.repeat(43))],
    ['none', (token) => token.replace(/[^.]+$/, '')],
    ['alg: none', (token) => `${encoded({ alg: 'none', typ: 'play+jwt' })}.${token.split('.')[1]}.`],
    ['another algorithm', (token) => token.replace(/^[^.]+/, encoded({ alg: 'HS512', typ: 'play+jwt' }))],
    ['another type', (token) => token.replace(/^[^.]+/, encoded({ alg: 'HS256', typ: 'JWT' }))],
    [
      'other claims',
      (token) => token.replace(/\.[^.]+\./, `.${encoded({ stream: 'show', iss: 'sluice' })}.`),
    ],
    ['no JSON', () => 'aaa.bbb.ccc'],
    ['an encrypted one', () => 'a.b.c.d.e'],
    ['dots', () => '..'],
  ])('with %s are none', async (_, change) => {
    const access = await openAccess(cleanup)
    const { token } = await access.playTokens.issue(wanted)
    await expect(identify(access, change(token))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('play tokens of another issuer', () => {
  async function start() {
    const pair = await generateKeyPair('EdDSA', { extractable: true })
    const stranger = await generateKeyPair('EdDSA')
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'EdDSA', use: 'sig' }
    const server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanup.defer(() => new Promise<void>((resolve) => server.close(() => resolve())))
    const { port } = server.address() as AddressInfo
    const access = await openAccess(cleanup, {
      settings: {
        playJwksUrl: `http://127.0.0.1:${port}/`,
        playIssuer: 'https://shop.example',
        playAudience: 'live',
      },
    })
    const sign = (changes: Record<string, unknown> = {}, { kid = 'one', key = pair.privateKey } = {}) => {
      const nowSeconds = Math.floor(Date.now() / 1_000)
      const claims = {
        ...{ iss: 'https://shop.example', aud: 'live', sub: 'ann', jti: 'j1', stream: 'show' },
        ...{ iat: nowSeconds, exp: nowSeconds + 60 },
        ...changes,
      }
      return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).sign(key)
    }
    return { access, sign, stranger }
  }

  test('are taken with its keys, and can be revoked', async () => {
    const { access, sign } = await start()
    const player = await identify(access, await sign())
    expect(player).toMatchObject({
      kind: 'player',
      id: 'j1',
      subject: 'ann',
      stream: 'show',
      issuer: 'https://shop.example',
    })
    await access.revocations.add('show', { subject: 'ann' })
    expect(access.allows(player, 'watch', 'show')).toBe(false)
  })

  test.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://else.example' }],
    ['for somebody else', { aud: 'other' }],
    ['that name themselves ours', { iss: 'sluice', aud: 'sluice' }],
    ['without a stream', { stream: undefined }],
    ['with a list of streams', { stream: ['show'] }],
    ['without an end', { exp: undefined }],
    ['for a year', { exp: Math.floor(Date.now() / 1_000) + 365 * 24 * 3600 }],
    ['that expired', { exp: Math.floor(Date.now() / 1_000) - 5 }],
    ['that are not good yet', { nbf: Math.floor(Date.now() / 1_000) + 60 }],
  ])('%s are refused', async (_, changes) => {
    const { access, sign } = await start()
    await expect(identify(access, await sign(changes))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('by other keys are refused, whatever their kid', async () => {
    const { access, sign, stranger } = await start()
    for (const kid of ['one', 'two', '../../etc/passwd']) {
      const token = await sign({}, { kid, key: stranger.privateKey })
      await expect(identify(access, token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
  })
})
