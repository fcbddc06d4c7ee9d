import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Access } from '../../../src/auth/access.ts'
import { Cleanup } from '../../../src/cleanup.ts'
import { asBearer, ask, principalsOf } from '../../support/access-setup.ts'
import { openAccess } from '../../support/open-access.ts'
import { startRoutes } from '../../support/routes-server.ts'

let cleanup: Cleanup

beforeEach(() => {
  cleanup = new Cleanup()
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ['Date'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await cleanup.run()
})

/** A service that decides; `asked` is what it was posted. */
async function service() {
  const asked: Record<string, unknown>[] = []
  let status: number | null = 200
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ method: request.method, ...JSON.parse(String(Buffer.concat(chunks))) })
      if (status !== null) response.writeHead(status, { location: '/elsewhere' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/may`,
    /** @param next null: it does not answer. */
    answers(next: number | null) {
      status = next
    },
  }
}

const asker = {
  ...{ bearer: 'ticket', session: null, address: '192.0.2.7' },
  ...{ protocol: 'whip', userAgent: 'OBS' },
}

async function opened(url: string, settings = {}): Promise<Access> {
  return await openAccess(cleanup, {
    settings: { accessCallbackUrl: url, accessCallbackSeconds: 1, ...settings },
  })
}

describe('the access callback', () => {
  test('decides what the gateway itself would refuse, knowing who asks for what', async () => {
    const { asked, url, answers } = await service()
    const access = await opened(url)
    const principal = await access.admit(asker, 'publish', 'show')
    expect(asked).toEqual([
      {
        ...{ method: 'POST', action: 'publish', stream: 'show', protocol: 'whip' },
        ...{ ip: '192.0.2.7', token: 'ticket', userAgent: 'OBS' },
      },
    ])
    // What it allowed is this action on this stream, and nothing more.
    expect(access.allows(principal, 'publish', 'show')).toBe(true)
    expect(access.allows(principal, 'publish', 'other')).toBe(false)
    expect(access.allows(principal, 'watch', 'other')).toBe(true)
    expect(access.allows(principal, 'operate', 'show')).toBe(false)
    answers(403)
    await expect(access.admit(asker, 'publish', 'other')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(JSON.stringify(principal)).toContain('show')
  })

  test('is not asked about what the gateway allows, nor about operating', async () => {
    const { asked, url } = await service()
    const access = await opened(url)
    const { secret } = await access.credentials.create({
      ...({ kind: 'key', label: '', stream: 'show', scope: null, expiresAt: null } as const),
    })
    await access.admit({ ...asker, bearer: secret }, 'publish', 'show')
    await access.admit({ ...asker, bearer: null }, 'watch', 'public-show')
    await expect(access.admit(asker, 'operate', 'show')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(access.identify(asker)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(asked).toEqual([])
  })

  test('is asked once for the same question, until its answer has expired', async () => {
    const { asked, url, answers } = await service()
    const access = await opened(url)
    await Promise.all([access.admit(asker, 'publish', 'show'), access.admit(asker, 'publish', 'show')])
    await access.admit(asker, 'publish', 'show')
    expect(asked).toHaveLength(1)
    for (const other of [{ bearer: 'b' }, { address: '192.0.2.8' }, { userAgent: null }, { protocol: 'api' }])
      await access.admit({ ...asker, ...other }, 'publish', 'show')
    expect(asked).toHaveLength(5)
    answers(403)
    vi.setSystemTime(Date.now() + 9_999)
    await access.admit(asker, 'publish', 'show')
    vi.setSystemTime(Date.now() + 1)
    await expect(access.admit(asker, 'publish', 'show')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test.each([
    ['a redirect', 302],
    ['a refusal', 403],
    ['an error of the service', 500],
    ['no answer in time', null],
  ])('fails closed: %s', async (_, status) => {
    const { url, answers } = await service()
    const access = await opened(url, { accessCallbackSeconds: 0.1 })
    answers(status)
    await expect(access.admit(asker, 'publish', 'show')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('fails closed when it is not there', async () => {
    const access = await opened('http://127.0.0.1:1/')
    await expect(access.admit(asker, 'publish', 'show')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(access.admit({ ...asker, bearer: null }, 'publish', 'show')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  })

  test('ends what it allowed when it refuses later, but not while it is away', async () => {
    const { url, answers } = await service()
    const access = await opened(url)
    const principal = await access.admit(asker, 'publish', 'show')
    const ended: string[] = []
    access.held.hold(principal, 'publish', 'show', (error) => ended.push(error.code))
    answers(500)
    vi.setSystemTime(Date.now() + 10_000)
    await access.held.recheck()
    expect(ended).toEqual([])
    answers(403)
    vi.setSystemTime(Date.now() + 10_000)
    await access.held.recheck()
    expect(ended).toEqual(['UNAUTHENTICATED'])
  })

  test('does not let guesses through for ever', async () => {
    const { asked, url, answers } = await service()
    const access = await opened(url)
    answers(403)
    for (let guess = 0; guess < 20; guess += 1) {
      const guessing = access.admit({ ...asker, bearer: `guess-${guess}` }, 'publish', 'show')
      await expect(guessing).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    const next = access.admit({ ...asker, bearer: 'guess-20' }, 'publish', 'show')
    await expect(next).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    expect(asked).toHaveLength(20)
  })

  test('lets viewers and publishers in at the doors', async () => {
    const { asked, url, answers } = await service()
    const gateway = await startRoutes(cleanup, { SLUICE_ACCESS: 'required', SLUICE_ACCESS_CALLBACK_URL: url })
    await gateway.app.access.streams.set('show', 'private')
    const principals = await principalsOf(gateway, 'show')
    const ticket = { ...asBearer('ticket'), 'user-agent': 'VLC' }
    expect((await ask(gateway, 'GET', '/api/streams/show', ticket)).status).toBe(404)
    expect((await ask(gateway, 'GET', '/whip/show', ticket)).status).toBe(204)
    expect((await ask(gateway, 'GET', '/whep/show', ticket)).status).toBe(204)
    expect(asked).toMatchObject([
      { action: 'watch', protocol: 'api', token: 'ticket', userAgent: 'VLC' },
      { action: 'publish', protocol: 'whip' },
      { action: 'watch', protocol: 'whep' },
    ])
    // HLS takes play tokens only; who may watch gets one.
    const play = await ask(gateway, 'POST', '/api/streams/show/play-tokens', ticket, {})
    expect(play.status).toBe(201)
    expect((await ask(gateway, 'GET', JSON.parse(play.text).hls, {})).status).toBe(404)
    answers(403)
    const before = asked.length
    expect((await ask(gateway, 'GET', '/whip/show', asBearer('other'))).status).toBe(401)
    expect((await ask(gateway, 'GET', '/api/streams/show/targets', ticket)).status).toBe(401)
    expect((await ask(gateway, 'GET', '/whip/show', principals.key)).status).toBe(204)
    expect(asked).toHaveLength(before + 1)
  })
})
