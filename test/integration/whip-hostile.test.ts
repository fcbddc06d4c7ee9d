import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { offerOf, publisherOffers } from '../support/offers.ts'
import { randomOf } from '../support/random-of.ts'
import { candidates, newIceSession, RtcHttp, sdpType } from '../support/rtc-http.ts'

let gateway: TestGateway
let whip: RtcHttp
let whep: RtcHttp
let workerPids: number[]
let before: Awaited<ReturnType<typeof inventory>>

beforeAll(async () => {
  gateway = await startGateway({
    SLUICE_ENDED_SECONDS: '0',
    SLUICE_MAX_STREAMS: '20',
    SLUICE_RESUME_SECONDS: '0',
  })
  workerPids = gateway.app.pool.pids
  whip = new RtcHttp(gateway)
  whep = new RtcHttp(gateway, 'whep')
  before = await inventory()
})
afterAll(async () => await gateway?.close())

/** Everything in the workers that takes requests, streams, and this process's file descriptors. */
async function inventory() {
  return {
    usage: await gateway.app.pool.usage(),
    streams: gateway.app.registry.snapshot().length,
    tapPorts: gateway.app.ports.inUse,
  }
}

async function nothingIsLeft(): Promise<void> {
  expect(gateway.app.pool.pids).toEqual(workerPids)
  await vi.waitFor(async () => expect(await inventory()).toEqual(before), 10_000)
}

const junk = [
  '',
  '\0',
  '-1',
  '0',
  '4294967296',
  'NaN',
  '__proto__',
  'constructor',
  'x'.repeat(2_000),
  '%00',
  '\u{1f600}',
  ' ',
  ';',
  '1;2;3',
  '99999999999999999999',
]

/** A good offer with one to eight lines broken: cut, doubled, moved, or one of their words replaced. */
function damaged(offer: string, next: () => number): string {
  const lines = offer.split('\r\n')
  const pick = (count: number) => Math.floor(next() * count)
  for (let change = 0; change <= pick(8); change += 1) {
    const at = pick(lines.length)
    const line = lines[at] ?? ''
    const word = junk[pick(junk.length)] ?? ''
    const parts = line.split(/(?<=[ :=;/])/)
    parts[pick(parts.length)] = word
    const ways = [
      [],
      [line, line],
      [line.slice(0, pick(line.length + 1))],
      [parts.join('')],
      [`${line}${word}`],
      [lines[pick(lines.length)] ?? ''],
    ]
    lines.splice(at, 1, ...(ways[pick(ways.length)] ?? []))
  }
  return lines.join('\r\n')
}

describe('offers', () => {
  test('200 damaged ones each get a clear answer, and what they took comes back', async () => {
    const next = randomOf(20_26)
    const { path } = await untilOpen('live')
    const statuses = new Map<number, number>()
    for (let count = 0; count < 200; count += 1) {
      const watches = count % 4 === 3
      const offer = damaged(
        offerOf(watches ? 'chromium-watch' : (publisherOffers[count % publisherOffers.length] ?? '')),
        next,
      )
      const response = await untilTaken(() =>
        watches ? whep.post('live', offer) : whip.post(`bad-${count}`, offer),
      )
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      const text = await response.text()
      expect(
        watches ? [201, 400, 406, 422] : [201, 400, 422],
        `${response.status} ${text}\n${offer}`,
      ).toContain(response.status)
      const location = response.headers.get('location')
      // Some changes do no harm.
      if (response.status === 201) await fetch(new URL(location ?? '', gateway.url), { method: 'DELETE' })
      else
        expect(JSON.parse(text)).toMatchObject({
          status: response.status,
          detail: expect.stringMatching(/\.$/),
        })
    }
    console.log(`answers to damaged offers: ${JSON.stringify([...statuses])}`)
    // A generator whose damage is never noticed, or always, would prove nothing.
    expect(statuses.get(400)).toBeGreaterThan(10)
    expect(statuses.get(201)).toBeGreaterThan(10)
    await whip.request('DELETE', path)
    await nothingIsLeft()
  }, 120_000)

  test.each([
    { what: 'over the limit', body: `v=0\r\n${'a=x\r\n'.repeat(20_000)}`, status: 413 },
    {
      what: 'just below the limit, and nothing but attributes',
      body: `v=0\r\n${'a=rtpmap:1 x/1\r\n'.repeat(3_800)}`,
      status: 400,
    },
    { what: 'one line without an end', body: `v=0\r\na=${'x'.repeat(60_000)}`, status: 400 },
    { what: 'bytes that are no text', body: '\u0000\u0001\ufffd', status: 400 },
    { what: 'empty', body: '', status: 415 },
  ])('$what', async ({ body, status }) => {
    const response = await untilTaken(() =>
      whip.request('POST', 'big', body ? { 'content-type': sdpType } : {}, body || undefined),
    )
    expect(response.status).toBe(status)
    await nothingIsLeft()
  })

  test('bad names and paths', async () => {
    for (const path of ['UPPER', 'a.b', '-x', 'x'.repeat(65), 'a%00b']) {
      expect([path, (await whip.post(path)).status]).toEqual([path, 400])
    }
  })
})

describe('sessions of others', () => {
  test('can’t be found by guessing, nor under another stream, nor under the other protocol', async () => {
    const { path } = await untilOpen('mine')
    const id = path.split('/')[1] ?? ''
    for (const wrong of [
      `other/${id}`,
      `mine/${id.slice(1)}`,
      'mine/x',
      `mine/${'x'.repeat(200)}`,
      'mine/__proto__',
    ]) {
      expect([wrong, (await whip.request('DELETE', wrong)).status]).toEqual([wrong, 404])
      expect([wrong, (await whip.patch(wrong, newIceSession, '*')).status]).toEqual([wrong, 404])
      expect([wrong, (await whip.request('GET', wrong)).status]).toEqual([wrong, 404])
    }
    expect((await whep.request('DELETE', path)).status).toBe(404)
    expect((await whip.patch(path, candidates, '*')).status).toBe(204)
    expect((await whip.request('DELETE', path)).status).toBe(200)
    await nothingIsLeft()
  })
})

describe('floods', () => {
  test('1,000 POSTs at once: some are taken, the others told to wait, and nothing is left of any', async () => {
    const responses = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => whip.post(`flood-${index}`)),
    )
    const counts: Record<number, number> = {}
    for (const response of responses) {
      counts[response.status] = (counts[response.status] ?? 0) + 1
      if (response.status === 429 || response.status === 503)
        expect(response.headers.get('retry-after')).toBe('2')
    }
    console.log(`answers to the flood: ${JSON.stringify(counts)}`)
    expect(Object.keys(counts).sort()).toEqual(['201', '429', '503'])
    // As many as SLUICE_MAX_STREAMS allows.
    expect(counts[201]).toBe(20)
    for (const response of responses) {
      const location = response.headers.get('location')
      if (location)
        expect((await fetch(new URL(location, gateway.url), { method: 'DELETE' })).status).toBe(200)
    }
    await nothingIsLeft()
  }, 60_000)

  test('1,000 PATCHes and DELETEs of one session at once', async () => {
    const { path } = await untilOpen('patched')
    const patches = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        whip.patch(path, newIceSession.replace('ysXw', `ys${String(index).padStart(4, '0')}`), '*'),
      ),
    )
    expect(new Set(patches.map(({ status }) => status))).toEqual(new Set([200]))
    const deletes = await Promise.all(Array.from({ length: 100 }, () => whip.request('DELETE', path)))
    expect(deletes.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(deletes.filter(({ status }) => status === 404)).toHaveLength(99)
    await nothingIsLeft()
  }, 60_000)

  test('publishers that never connect are let go', async () => {
    const openFiles = () => readdirSync('/proc/self/fd').length
    const filesBefore = openFiles()
    for (let index = 0; index < 5; index += 1) await untilOpen(`silent-${index}`)
    expect((await inventory()).streams).toBe(5)
    await vi.waitFor(() => expect(gateway.app.registry.snapshot()).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    })
    await nothingIsLeft()
    expect(openFiles()).toBeLessThanOrEqual(filesBefore + 5)
  }, 40_000)
})

/** Asks again while it is told to wait. */
async function untilTaken(post: () => Promise<Response>): Promise<Response> {
  return await vi.waitFor(
    async () => {
      const response = await post()
      if (response.status === 429) throw new Error('too many')
      return response
    },
    { timeout: 10_000, interval: 100 },
  )
}

function untilOpen(stream: string) {
  return vi.waitFor(() => whip.open(stream), { timeout: 10_000, interval: 100 })
}
