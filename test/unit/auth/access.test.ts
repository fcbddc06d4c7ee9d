import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hashPassword, isPassword, passwordCost } from '../../../src/auth/password.ts'
import { principalOfUser } from '../../../src/auth/users.ts'
import { Cleanup } from '../../../src/cleanup.ts'
import { cheap, openAccess } from '../../support/open-access.ts'

// Each password costs a tenth of a second of two cores, by intention.
vi.setConfig({ testTimeout: 60_000 })

const address = '192.0.2.7'
const password = 'correct horse battery'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(async () => {
  vi.useRealTimers()
  await cleanup.run()
})

const key = { kind: 'key', label: 'OBS', stream: 'show', scope: null, expiresAt: null } as const
const bearer = (token: string) => ({ bearer: token, session: null, address })

describe('keys and tokens', () => {
  test('stand for a principal until they are revoked, and only their hash is kept', async () => {
    const { credentials, database, ...access } = Object.assign(await openAccess(cleanup))
    const { secret, id } = await credentials.create(key)
    expect(secret).toMatch(/^slk_[\w-]{43}$/)
    expect(await credentials.find(secret)).toEqual({ kind: 'key', id, name: 'OBS', stream: 'show' })
    const rows = await database.selectFrom('credentials').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(secret.slice(4))
    expect(JSON.stringify(await credentials.list('key'))).not.toContain(rows[0]?.hash)
    await expect(credentials.remove('token', id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await credentials.remove('key', id)
    expect(await credentials.find(secret)).toBeUndefined()
    expect(access.mode).toBe('required')
  })

  test('of a rotation are both good for the overlap, then only the new one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { credentials } = await openAccess(cleanup)
    const old = await credentials.create(key)
    const next = await credentials.rotate('key', old.id, 60)
    expect(next).toMatchObject({ label: 'OBS', stream: 'show', expiresAt: null })
    const good = async () =>
      [await credentials.find(old.secret), await credentials.find(next.secret)].map((found) => found?.id)
    expect(await good()).toEqual([old.id, next.id])
    vi.advanceTimersByTime(61_000)
    expect(await good()).toEqual([undefined, next.id])
  })

  test('are listed by stream; a hundred of one stream are enough', async () => {
    const { credentials } = await openAccess(cleanup)
    for (let count = 0; count < 100; count += 1) await credentials.create(key)
    await expect(credentials.create(key)).rejects.toMatchObject({ code: 'TOO_MANY_ENTRIES' })
    await credentials.create({ ...key, stream: 'other' })
    expect((await credentials.list('key', 'other')).length).toBe(1)
    expect((await credentials.list('key')).length).toBe(101)
  })

  test('that are unknown are refused, and an address that guesses is told to wait', async () => {
    const access = await openAccess(cleanup)
    const guess = () => access.identify(bearer('slk_guess')).catch(({ code }) => code)
    const answers: unknown[] = []
    for (let count = 0; count < 21; count += 1) answers.push(await guess())
    expect(answers.slice(0, 20)).toEqual(Array(20).fill('UNAUTHENTICATED'))
    expect(answers.at(-1)).toBe('TOO_MANY_REQUESTS')
    // A key that is right is one from there, too.
    const { secret } = await access.credentials.create(key)
    expect(await access.identify(bearer(secret))).toMatchObject({ kind: 'key' })
  })
})

describe('users', () => {
  test('set their password by a link that works once, and sign in', async () => {
    const access = await openAccess(cleanup)
    const { id } = await access.users.create({ name: 'ann', operator: false })
    await access.users.setRole(id, 'show', 'owner')
    const link = await access.users.newLink(id, 60)
    const [first, second] = await Promise.allSettled([
      access.useLink(link.secret, password, address),
      access.useLink(link.secret, 'another password', address),
    ])
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected'])
    const used = first.status === 'fulfilled' ? password : 'another password'
    const { session } = await access.signIn('ann', used, address)
    expect(await access.identify({ bearer: null, session, address })).toEqual({
      ...{ kind: 'user', id, name: 'ann' },
      roles: new Map([['show', 'owner']]),
    })
    await access.users.update(id, { disabled: true })
    expect(await access.identify({ bearer: null, session, address })).toMatchObject({ kind: 'anonymous' })
    await expect(access.signIn('ann', used, address)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('have a link for its time only, and the newest one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const access = await openAccess(cleanup)
    const { id } = await access.users.create({ name: 'ann', operator: true })
    const old = await access.users.newLink(id, 60)
    const link = await access.users.newLink(id, 60)
    await expect(access.useLink(old.secret, password, address)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    vi.advanceTimersByTime(61_000)
    await expect(access.useLink(link.secret, password, address)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    expect(await access.users.hasOperator()).toBe(false)
  })

  test('have one name each, and lose sessions with a new password', async () => {
    const access = await openAccess(cleanup)
    const { id } = await access.users.create({ name: 'ann', operator: false })
    await expect(access.users.create({ name: 'ann', operator: true })).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    })
    const session = await access.sessions.begin(id)
    expect(await access.sessions.find(session)).toMatchObject({ name: 'ann' })
    await access.users.setPassword(id, password)
    expect(await access.sessions.find(session)).toBeUndefined()
  })

  test('wait after failed attempts, those with a wrong name as well', async () => {
    const access = await openAccess(cleanup)
    const { id } = await access.users.create({ name: 'ann', operator: false })
    await access.users.setPassword(id, password)
    for (const name of ['ann', 'nobody']) {
      for (let count = 0; count < 10; count += 1) access.accountLockouts.failed(name)
      await expect(access.signIn(name, password, address)).rejects.toMatchObject({
        code: 'TOO_MANY_REQUESTS',
      })
    }
    expect(access.accountLockouts.list().map(({ of }) => of)).toEqual(['ann', 'nobody'])
    access.accountLockouts.forget('ann')
    expect(await access.signIn('ann', password, address)).toMatchObject({ user: { name: 'ann' } })
  })

  test('a password is checked in the same way when there is none', async () => {
    const hash = await hashPassword(password, cheap)
    expect(hash).toMatch(/^scrypt\$2\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    // OWASP's least, for those that are kept.
    expect(passwordCost).toEqual({ N: 32_768, r: 8, p: 3 })
    expect(
      await Promise.all([
        isPassword(password, hash),
        isPassword(`${password}!`, hash),
        isPassword('', null, cheap),
      ]),
    ).toEqual([true, false, false])
    // The same character in one code point and in two.
    expect(await isPassword('Caf\u00e9 au lait', await hashPassword('Cafe\u0301 au lait', cheap))).toBe(true)
  })
})

describe('what goes on', () => {
  test('ends when its key is revoked, its user loses the role, or it expires; nothing else ends', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    const access = await openAccess(cleanup)
    const ended: string[] = []
    const user = await access.users.create({ name: 'ann', operator: false })
    await access.users.setRole(user.id, 'show', 'host')
    const keep = await access.credentials.create({ ...key, stream: 'kept' })
    const revoked = await access.credentials.create(key)
    const expiring = await access.credentials.create({
      ...key,
      expiresAt: new Date(Date.now() + 5_000).toISOString(),
    })
    for (const { secret, id } of [keep, revoked, expiring]) {
      const principal = await access.identify(bearer(secret))
      access.held.hold(principal, 'publish', id === keep.id ? 'kept' : 'show', () => ended.push(id))
    }
    access.held.hold(principalOfUser(await access.users.get(user.id)), 'publish', 'show', () =>
      ended.push(user.id),
    )
    await access.held.recheck()
    expect(ended).toEqual([])
    await access.credentials.remove('key', revoked.id)
    await access.users.setRole(user.id, 'show', 'guest')
    await access.held.recheck()
    expect(ended).toEqual([revoked.id, user.id])
    await vi.advanceTimersByTimeAsync(6_000)
    await access.held.recheck()
    expect(ended).toEqual([revoked.id, user.id, expiring.id])
  })

  test('is bounded for each principal, and what was released counts no more', async () => {
    const access = await openAccess(cleanup, { settings: { maxViewersPerPrincipal: 2 } })
    const hold = (id: string | null) =>
      access.held.hold({ kind: 'anonymous', id }, 'watch', 'show', () => undefined)
    hold('one')
    const release = hold('one')
    expect(() => hold('one')).toThrow(/2 places/)
    hold('two')
    // Those without a name can't be told apart.
    for (let count = 0; count < 5; count += 1) hold(null)
    release()
    hold('one')
  })
})

describe('the audit', () => {
  test('tells who did what from where, the newest first, a page at a time', async () => {
    const { audit } = await openAccess(cleanup)
    for (const action of ['one', 'two', 'three']) {
      await audit.record({ kind: 'operator', id: 'o', name: 'root' }, address, action, 'show', {
        label: 'OBS',
      })
      await delay(2)
    }
    const [newest, next] = await audit.list({ limit: 2 })
    expect(newest).toMatchObject({
      principal: 'operator:o',
      name: 'root',
      address,
      action: 'three',
      stream: 'show',
      detail: { label: 'OBS' },
    })
    expect((await audit.list({ limit: 2, before: next?.id })).map(({ action }) => action)).toEqual(['one'])
  })
})
