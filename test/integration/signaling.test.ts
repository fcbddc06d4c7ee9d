import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { closeCodes } from '../../src/ingest/protocol-constants.ts'
import { clip } from '../support/clip.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { publishTracks } from '../support/publish-tracks.ts'
import {
  type AnyReply,
  goodDtlsParameters,
  goodRtpParameters,
  Refused,
  SignalingClient,
} from '../support/signaling-client.ts'

let gateway: TestGateway
let workerPids: number[]
let cleanup: Cleanup
let name: string
let streams = 0

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_ENDED_SECONDS: '0' })
  workerPids = gateway.app.pool.pids
})
beforeEach(() => {
  cleanup = new Cleanup()
  streams += 1
  name = `stream-${streams}`
})
afterEach(async () => {
  await cleanup.run()
  // Whatever a client sent: no worker died of it, and nothing of its stream is left.
  expect(gateway.app.pool.pids).toEqual(workerPids)
  await vi.waitFor(() => expect(gateway.app.registry.snapshot()).toEqual([]), 5_000)
})
afterAll(async () => await gateway?.close())

describe('frames that are no requests', () => {
  test.each<{ what: string; frame: string | Buffer; id: number | null; says: RegExp }>([
    { what: 'nothing', frame: '', id: null, says: /JSON object/ },
    { what: 'no JSON', frame: '{"id":1,', id: null, says: /JSON object/ },
    { what: 'binary', frame: Buffer.from([0xff, 0xfe, 0, 1]), id: null, says: /JSON object/ },
    { what: 'another JSON value', frame: '[]', id: null, says: /expected object/i },
    { what: 'null', frame: 'null', id: null, says: /expected object/i },
    { what: 'no type', frame: '{"id":7}', id: 7, says: /type/ },
    { what: 'an unknown type', frame: '{"id":7,"type":"fly"}', id: 7, says: /type/ },
    { what: 'no id', frame: '{"type":"stop"}', id: null, says: /id/ },
    { what: 'an id that is none', frame: '{"id":-1,"type":"stop"}', id: null, says: /id/ },
    { what: 'a field too many', frame: '{"id":7,"type":"stop","x":1}', id: 7, says: /"x"/ },
    { what: 'a field too few', frame: '{"id":7,"type":"publish","protocol":1}', id: 7, says: /kinds/ },
    {
      what: 'no kinds',
      frame: '{"id":7,"type":"publish","protocol":1,"kinds":[]}',
      id: 7,
      says: /kinds/,
    },
    { what: 'a prototype', frame: '{"id":7,"type":"__proto__"}', id: 7, says: /type/ },
  ])('$what gets one error', async ({ frame, id, says }) => {
    const client = await open()
    const reply = await client.raw(frame)
    expect(reply).toEqual({
      id,
      ok: false,
      error: { code: 'BAD_REQUEST', message: expect.stringMatching(says) },
    })
    // The connection is as good as before.
    expect(await client.publish()).toMatchObject({ ok: true })
    expect(client.replies).toHaveLength(2)
  })

  test('several of them close the connection', async () => {
    const client = await open()
    for (const frame of ['a', 'b', 'c']) client.send(frame)
    expect(await client.closed).toBe(closeCodes.badFrames)
    expect(client.replies).toHaveLength(3)
  })

  test('a frame over the limit closes the connection', async () => {
    const client = await open()
    await client.publish()
    client.send('x'.repeat(70_000))
    // RFC 6455: message too big.
    expect(await client.closed).toBe(1009)
  })

  test('more requests at once than a page ever has close the connection', async () => {
    const client = await open()
    await client.publish()
    for (let id = 10; id < 100; id += 1) client.send(JSON.stringify({ id, type: 'restartIce' }))
    expect(await client.closed).toBe(closeCodes.badFrames)
  })
})

describe('requests', () => {
  test('of another protocol version are refused', async () => {
    const client = await open()
    expectError(await client.publish({ protocol: 2 }), 'UNSUPPORTED_PROTOCOL', /Reload/)
  })

  test.each([
    { type: 'connect', fields: { dtlsParameters: goodDtlsParameters } },
    { type: 'produce', fields: { kind: 'video', rtpParameters: goodRtpParameters(1) } },
    { type: 'unproduce', fields: { producerId: 'x' } },
    { type: 'restartIce', fields: {} },
  ])('$type before publish is refused', async ({ type, fields }) => {
    const client = await open()
    expectError(await client.request(type, fields), 'WRONG_STATE', /^Nothing is published/)
  })

  test('in a good order are answered, then each a second time is refused', async () => {
    const client = await open()
    expect(await client.publish()).toMatchObject({
      ok: true,
      data: { resumeToken: expect.any(String), transport: { iceCandidates: expect.any(Array) } },
    })
    expectError(await client.publish(), 'WRONG_STATE', /publishes already/)
    const connect = { dtlsParameters: goodDtlsParameters }
    expect(await client.request('connect', connect)).toMatchObject({ ok: true, data: {} })
    expectError(await client.request('connect', connect), 'WRONG_STATE', /connected already/)
    const produce = { kind: 'video', rtpParameters: goodRtpParameters(1234) }
    const produced = await client.request('produce', produce)
    expect(produced).toMatchObject({ ok: true, data: { producerId: expect.any(String) } })
    const another = { kind: 'video', rtpParameters: { ...goodRtpParameters(4321), mid: '1' } }
    expectError(await client.request('produce', another), 'WRONG_STATE', /video track is published already/)
    expect(gateway.snapshot(name)?.tracks).toEqual([{ kind: 'video', codec: 'video/VP8', active: false }])
    const unproduce = { producerId: produced.data?.producerId }
    expect(await client.request('unproduce', unproduce)).toMatchObject({ ok: true })
    expectError(await client.request('unproduce', unproduce), 'NOT_FOUND', /no such track/)
    expect(await client.request('restartIce')).toMatchObject({ ok: true, data: { iceParameters: {} } })
    expect(await client.request('stop')).toMatchObject({ ok: true, data: {} })
    expect(await client.request('stop')).toMatchObject({ ok: true, data: {} })
    expectError(await client.request('restartIce'), 'WRONG_STATE', /Nothing is published/)
  })

  test('publishing again after a stop works on the same connection', async () => {
    const client = await open()
    await client.publish()
    await client.request('stop')
    expect(await client.publish()).toMatchObject({ ok: true })
    expect(gateway.snapshot(name)?.state).toBe('starting')
  })

  test.each<{ what: string; dtlsParameters: object }>([
    { what: 'nothing', dtlsParameters: {} },
    { what: 'no fingerprint', dtlsParameters: { role: 'client', fingerprints: [] } },
    { what: 'fingerprints that are no list', dtlsParameters: { role: 'client', fingerprints: 'x' } },
    {
      what: 'an unknown algorithm',
      dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'md5', value: 'AB' }] },
    },
    { what: 'an unknown role', dtlsParameters: { ...goodDtlsParameters, role: 'boss' } },
    { what: 'fingerprints without a value', dtlsParameters: { fingerprints: [{ algorithm: 'sha-256' }] } },
    { what: 'a list of nothing', dtlsParameters: { fingerprints: [null] } },
  ])('connect with $what is refused', async ({ dtlsParameters }) => {
    const client = await open()
    await client.publish()
    expectError(await client.request('connect', { dtlsParameters }), 'UNSUPPORTED_MEDIA', /can't take/)
    // And the connection can go on.
    expect(await client.request('connect', { dtlsParameters: goodDtlsParameters })).toMatchObject({
      ok: true,
    })
  })

  const good = goodRtpParameters(77)
  const [vp8] = good.codecs
  test.each<{ what: string; rtpParameters: object; kind?: string }>([
    { what: 'nothing', rtpParameters: {} },
    { what: 'no codec', rtpParameters: { ...good, codecs: [] } },
    { what: 'codecs that are no list', rtpParameters: { ...good, codecs: 5 } },
    { what: 'an unknown codec', rtpParameters: { ...good, codecs: [{ ...vp8, mimeType: 'video/AV1' }] } },
    { what: 'no MIME type', rtpParameters: { ...good, codecs: [{ ...vp8, mimeType: 'x' }] } },
    { what: 'a picture as sound', rtpParameters: good, kind: 'audio' },
    { what: 'an SSRC that is none', rtpParameters: { ...good, encodings: [{ ssrc: 'x' }] } },
    {
      what: 'a payload type that is none',
      rtpParameters: { ...good, codecs: [{ ...vp8, payloadType: 'x' }] },
    },
    { what: 'header extensions that are no list', rtpParameters: { ...good, headerExtensions: 1 } },
    { what: 'a MID that is none', rtpParameters: { ...good, mid: 5 } },
  ])('produce with $what is refused', async ({ rtpParameters, kind = 'video' }) => {
    const client = await open()
    await client.publish()
    const reply = await client.request('produce', { kind, rtpParameters })
    expectError(reply, 'UNSUPPORTED_MEDIA', /can't take/)
    expect(gateway.snapshot(name)?.tracks).toEqual([])
    const produced = await client.request('produce', { kind: 'video', rtpParameters: good })
    expect(produced).toMatchObject({ ok: true })
  })
})

describe('a stream', () => {
  test('that is taken refuses a second publisher', async () => {
    const first = await open()
    await first.publish()
    const second = await open()
    expectError(await second.publish(), 'STREAM_TAKEN', /already live|live on/)
    expectError(await second.publish({ resumeToken: 'guessed' }), 'STREAM_TAKEN', /live on/)
    expect(first.notices.filter(({ type }) => type === 'ended')).toEqual([])
  })

  test('is taken over by the token of its publisher, who is told', async () => {
    const first = await open()
    const published = await first.publish()
    const second = await open()
    expect(await second.publish({ resumeToken: published.data?.resumeToken })).toMatchObject({ ok: true })
    expect(await first.closed).toBe(closeCodes.ended)
    expect(first.notices.filter(({ type }) => type === 'ended')).toEqual([
      { type: 'ended', error: { code: 'STREAM_TAKEN', message: expect.any(String) }, retry: false },
    ])
    expect(gateway.snapshot(name)?.state).toBe('starting')
  })

  test('that waits for its publisher belongs to that publisher', async () => {
    const publisher = await publishTracks(gateway, name, ['video'])
    await publisher.send(await clip(), 'video/H264')
    await vi.waitFor(() => expect(gateway.snapshot(name)?.state).toBe('live'), 20_000)
    const liveSince = gateway.snapshot(name)?.liveSince
    await publisher.leave('lost')
    const stranger = await open()
    expectError(await stranger.publish(), 'STREAM_TAKEN', /waits until \d\d:\d\d:\d\d UTC/)
    expectError(await stranger.publish({ resumeToken: 'guessed' }), 'STREAM_TAKEN', /waits until/)
    expect(gateway.snapshot(name)).toMatchObject({ state: 'interrupted', reason: 'the publisher was lost' })

    const owner = await open()
    const back = await owner.publish({ resumeToken: publisher.resumeToken })
    expect(back).toMatchObject({ ok: true, data: { resumeToken: expect.any(String) } })
    expect(back.data?.resumeToken).not.toBe(publisher.resumeToken)
    expect(gateway.snapshot(name)).toMatchObject({
      state: 'interrupted',
      reason: expect.not.stringContaining('lost'),
      liveSince,
    })
    await owner.request('stop')
  })

  test('that two want at once goes to one of them', async () => {
    const clients = await Promise.all([open(), open(), open()])
    const replies = await Promise.all(clients.map((client) => client.publish()))
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1)
  })

  test('is told of about once a second', async () => {
    const client = await open()
    await client.publish()
    await vi.waitFor(() => expect(client.notices.length).toBeGreaterThanOrEqual(2), 10_000)
    expect(client.notices[0]).toMatchObject({ type: 'status', stream: { name, state: 'starting' } })
  })
})

describe('the upgrade', () => {
  test.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'nonsense'])(
    'is refused to a page of %s',
    async (origin) => {
      expect(await refusal(`/ws/publish/${name}`, { origin })).toEqual({
        status: 403,
        code: 'FORBIDDEN_ORIGIN',
      })
    },
  )

  test('is granted to our own pages', async () => {
    expect(await (await open({ origin: gateway.url })).publish()).toMatchObject({ ok: true })
  })

  test.each([
    '..%2Fx',
    'a'.repeat(200),
    'a'.repeat(2000),
    'UPPER',
    '%20',
    '%00',
    'a.b',
    '-a',
    '%F0%9F%8E%A5',
    '%FF',
    '%zz',
  ])('is refused for the name %s', async (bad) => {
    const { status, code } = await refusal(`/ws/publish/${bad}`)
    expect([status, code]).toEqual([400, expect.stringMatching(/^BAD_(STREAM_NAME|REQUEST)$/)])
  })

  test('is refused without a name and where there is no websocket', async () => {
    for (const path of ['/ws/publish/', '/ws/publish', '/ws', '/nothing']) {
      expect(await refusal(path)).toEqual({ status: 404, code: 'NOT_FOUND' })
    }
  })

  test('a plain request to it is an error of the client', async () => {
    const response = await fetch(`${gateway.url}/ws/publish/${name}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'BAD_REQUEST', message: expect.any(String) },
    })
  })
})

async function open(headers: Record<string, string> = {}): Promise<SignalingClient> {
  const client = await SignalingClient.open(`${gateway.url}/ws/publish/${name}`, headers)
  cleanup.defer(() => client.close())
  return client
}

async function refusal(path: string, headers: Record<string, string> = {}) {
  const refused = await SignalingClient.open(`${gateway.url}${path}`, headers).catch(
    (error: unknown) => error,
  )
  if (!(refused instanceof Refused)) throw new Error(`${path} was not refused but: ${String(refused)}`)
  const body: unknown = JSON.parse(refused.body)
  expect(body).toEqual({ error: { code: expect.any(String), message: expect.stringMatching(/\.$/) } })
  return { status: refused.status, code: (body as { error: { code: string } }).error.code }
}

function expectError(reply: AnyReply, code: string, says: RegExp): void {
  expect(reply).toEqual({
    id: expect.any(Number),
    ok: false,
    error: { code, message: expect.stringMatching(says) },
  })
}
