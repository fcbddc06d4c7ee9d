import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { hlsSnapshotSchema } from '../../src/hls/hls-snapshot.ts'
import { createLog } from '../../src/log.ts'
import { MediaBudget } from '../../src/media-budget.ts'
import { targetSnapshotSchema } from '../../src/push/target-snapshot.ts'
import { openPublication } from '../../src/sfu/open-publication.ts'
import { Registry } from '../../src/streams/registry.ts'
import { TranscodeSlots } from '../../src/transcode-slots.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { offerOf } from '../support/offers.ts'
import { publishTracks } from '../support/publish-tracks.ts'
import { RtcHttp } from '../support/rtc-http.ts'
import { Refused, SignalingClient } from '../support/signaling-client.ts'

let gateway: TestGateway | undefined

afterEach(async () => {
  await gateway?.close()
  gateway = undefined
})

const badNames = [
  '..%2Fx',
  'a'.repeat(200),
  'a'.repeat(2000),
  'UPPER',
  '%20',
  '%00',
  'a.b',
  '-a',
  '%FF',
  '%zz',
]

describe('names that are none', () => {
  test('get one clear answer from every route that takes a name', async () => {
    gateway = await startGateway()
    for (const name of badNames) {
      for (const path of [
        `/api/streams/${name}`,
        `/hls/${name}/index.m3u8`,
        `/hls/${name}/x/init.mp4`,
        `/publish/${name}`,
        `/watch/${name}`,
      ]) {
        expect(await ask(path), path).toMatchObject({
          status: 400,
          body: { error: { code: expect.stringMatching(/^BAD_(STREAM_NAME|REQUEST)$/) } },
        })
      }
    }
  })

  test('empty names and paths that climb lead nowhere', async () => {
    gateway = await startGateway()
    for (const path of [
      '/hls//index.m3u8',
      '/hls/',
      '/publish/',
      '/watch/',
      '/hls/../x/index.m3u8',
      '/hls/live/../../index.m3u8',
      '/watch/../../../package.json',
      '/assets/../../src/main.ts',
      '/assets/%2e%2e/index.html',
      '/api/streams/../../x',
    ]) {
      const answer = await ask(path)
      expect(answer, path).toMatchObject({ body: { error: { message: expect.stringMatching(/./) } } })
      expect([400, 403, 404], path).toContain(answer.status)
    }
  })

  test('a good name that nobody publishes is not found', async () => {
    gateway = await startGateway()
    for (const path of ['/api/streams/nobody', '/hls/nobody/index.m3u8', '/hls/nobody/x/init.mp4']) {
      expect(await ask(path)).toMatchObject({ status: 404, body: { error: { code: 'STREAM_NOT_FOUND' } } })
    }
    expect(await ask('/api/streams')).toMatchObject({ status: 200, body: { streams: [] } })
  })
})

describe('what a publication opened is closed', () => {
  const request = { kinds: ['video'], principal: 'anonymous', onEnd: () => undefined } as const

  test('on a stream named like a member of every object, whose targets can still be changed', async () => {
    gateway = await startGateway({ SLUICE_ENDED_SECONDS: '0' })
    const { registry, pool } = gateway.app
    const before = await pool.usage()
    for (const name of ['constructor', 'tostring', 'valueof']) {
      const { stream, publication } = await registry.publish(name, request)
      expect(gateway.snapshot(name)).toMatchObject({ state: 'starting', targets: [] })
      const targets = `${gateway.url}/api/streams/${name}/targets`
      const body = JSON.stringify({ name: '__proto__', url: 'rtmp://192.0.2.1/live' })
      const headers = { 'content-type': 'application/json' }
      expect((await fetch(targets, { method: 'POST', body, headers })).status).toBe(403)
      expect((await fetch(targets)).status).toBe(200)
      await stream.release(publication, 'stopped')
    }
    await vi.waitFor(async () => expect(await pool.usage()).toEqual(before))
  })

  test('when its outputs can not be opened', async () => {
    gateway = await startGateway()
    const { pool, ports } = gateway.app
    const open = () => {
      throw new Error('the disk is full')
    }
    const outputs = {
      hls: { schema: hlsSnapshotSchema.nullable(), idle: () => null, open },
      targets: { schema: z.array(targetSnapshotSchema), idle: () => [], open },
    }
    const budget = new MediaBudget(2 ** 30)
    const registry = new Registry({
      maxStreams: 1,
      budget,
      stream: {
        settings: { resumeSeconds: 1, endedSeconds: 1 },
        openPublication: (options) =>
          openPublication({ pool, ports, transcodes: new TranscodeSlots(1) }, options),
        startPackager: () => {
          throw new Error('no packager without outputs')
        },
        feedBytes: () => budget.feedBytes,
        outputs,
        log: createLog({ level: 'silent', pretty: false }),
      },
    })
    const before = await pool.usage()
    await expect(registry.publish('show', request)).rejects.toThrow('the disk is full')
    expect(registry.has('show')).toBe(false)
    await vi.waitFor(async () => expect(await pool.usage()).toEqual(before))
  })
})

test('no more websockets than configured', async () => {
  gateway = await startGateway({ SLUICE_MAX_SOCKETS: '2' })
  const url = `${gateway.url}/ws/publish/live`
  const [first] = [await SignalingClient.open(url), await SignalingClient.open(url)]
  const refused = await SignalingClient.open(url).catch((error: unknown) => error)
  if (!(refused instanceof Refused)) throw new Error('it was not refused')
  expect(refused.status).toBe(503)
  expect(JSON.parse(refused.body)).toEqual({
    error: { code: 'TOO_MANY_STREAMS', message: expect.stringContaining('SLUICE_MAX_SOCKETS') },
  })
  await first.close()
  await vi.waitFor(async () => await (await SignalingClient.open(url)).close(), 5_000)
})

describe('no more streams than configured', () => {
  test('also when they come at the same time', async () => {
    gateway = await startGateway({ SLUICE_MAX_STREAMS: '2' })
    const { app } = gateway
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) =>
        app.registry.publish(name, { kinds: ['video'], principal: 'anonymous', onEnd: () => undefined }),
      ),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(results[3]).toMatchObject({ reason: { code: 'TOO_MANY_STREAMS' } })
    expect(app.registry.snapshot().map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('also when one comes back whose ended playlist is still kept', async () => {
    gateway = await startGateway({ SLUICE_MAX_STREAMS: '1', SLUICE_ENDED_SECONDS: '60' })
    const first = await publishTracks(gateway, 'first', ['video'])
    await expect(publishTracks(gateway, 'second', ['video'])).rejects.toMatchObject({
      code: 'TOO_MANY_STREAMS',
      message: expect.stringContaining('SLUICE_MAX_STREAMS'),
    })
    await first.leave('stopped')
    const second = await publishTracks(gateway, 'second', ['video'])
    await expect(publishTracks(gateway, 'first', ['video'])).rejects.toMatchObject({
      code: 'TOO_MANY_STREAMS',
    })
    // One that is live already counts once.
    await second.leave('stopped')
    await publishTracks(gateway, 'first', ['video'])
  })
})

/** By node:http, because fetch tidies paths before it sends them. */
async function ask(path: string): Promise<{ status: number; body: unknown }> {
  const { hostname, port } = new URL(gateway?.url ?? '')
  return await new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
      .once('error', reject)
      .end()
  })
}

test('one address that watches with made-up payload types leaves others a way to watch', async () => {
  gateway = await startGateway({ SLUICE_TRUSTED_PROXIES: '127.0.0.1', SLUICE_ACCESS: 'open' })
  const [whip, whep] = [new RtcHttp(gateway), new RtcHttp(gateway, 'whep')]
  await whip.open('live')
  const offer = offerOf('chromium-watch')
  // 108 is H.264 in it; a free number instead is another router.
  const watch = async (payloadType: number, address: string) => {
    const odd = offer.replaceAll(/(?<=(rtpmap|fmtp|rtcp-fb):)108 /g, `${payloadType} `)
    const named = odd.replace(/(?<=m=video .*) 108(?= )/, ` ${payloadType}`)
    return (await whep.post('live', named, { 'x-forwarded-for': address })).status
  }
  const free = [50, 51, 52, 53, 54]
  const statuses: number[] = []
  for (const payloadType of free) statuses.push(await watch(payloadType, '203.0.113.7'))
  expect(statuses).toEqual([201, 201, 201, 201, 429])
  // Kinds that are there already are open to all, and new ones to others.
  expect(await watch(50, '203.0.113.7')).toBe(201)
  expect(await watch(54, '203.0.113.8')).toBe(201)
})
