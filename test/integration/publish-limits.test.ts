import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { createLog } from '../../src/log.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { goodDtlsParameters, goodRtpParameters, SignalingClient } from '../support/signaling-client.ts'
import { publishByWerift } from '../support/werift-publisher.ts'

let gateway: TestGateway
const cleanup = new Cleanup()
const log = createLog({ level: 'silent', pretty: false })
const warnings = vi.spyOn(log, 'warn')

beforeAll(async () => {
  gateway = await startGateway(
    { SLUICE_MAX_PUBLISH_BITRATE_BPS: '100000', SLUICE_MAX_STREAMS: '20', SLUICE_RESUME_SECONDS: '0' },
    log,
  )
  cleanup.defer(() => gateway.close())
})
afterAll(() => cleanup.run())

const state = (stream: string) => gateway.snapshot(stream)?.state ?? 'idle'

// At the same time: all of them wait for deadlines.
describe.concurrent('a publisher', () => {
  test('that does not begin to connect, or does not get through, gives its place back', async () => {
    const clients = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        SignalingClient.open(`${gateway.url}/ws/publish/silent-${index}`),
      ),
    )
    for (const [index, client] of clients.entries()) {
      expect(await client.publish()).toMatchObject({ ok: true })
      if (index % 2 === 0) continue
      await client.request('connect', { dtlsParameters: goodDtlsParameters })
      await client.request('produce', { kind: 'video', rtpParameters: goodRtpParameters(1 + index) })
    }
    await Promise.all(clients.map(({ closed }) => closed))
    for (const { notices } of clients) {
      expect(notices.find(({ type }) => type === 'ended')).toMatchObject({
        error: { code: 'CONNECTION_LOST', message: expect.stringMatching(/begin to connect|come about/) },
      })
    }
    expect(clients.map((_, index) => state(`silent-${index}`))).toEqual(clients.map(() => 'idle'))
  })

  test('that is connected, but sends no media, gives its place back', async () => {
    const publisher = await publishByWerift(`${gateway.url}/whip/mute`, 'vp8')
    expect(state('mute')).toBe('starting')
    await vi.waitFor(() => expect(state('mute')).toBe('idle'), { timeout: 30_000, interval: 200 })
    await publisher.close().catch(() => undefined)
  })

  test('that sends four times what it may is warned of, and then ended', async () => {
    const publisher = await publishByWerift(`${gateway.url}/whip/loud`, 'vp8')
    const packet = Buffer.concat([Buffer.from([0x80, 96]), Buffer.alloc(10), randomBytes(1_000)])
    const beganMs = performance.now()
    let sequence = 0
    const sending = setInterval(() => {
      packet.writeUInt16BE(sequence & 0xffff, 2)
      packet.writeUInt32BE(sequence * 1_800, 4)
      sequence += 1
      publisher.send('video', packet)
    }, 20)
    await vi.waitFor(() => expect(state('loud')).toBe('idle'), { timeout: 50_000, interval: 200 })
    clearInterval(sending)
    // 10 s to be sure, and 20 s of grace.
    expect(performance.now() - beganMs).toBeGreaterThan(27_000)
    const said = warnings.mock.calls.filter(([context]) => JSON.stringify(context).includes('loud'))
    expect(said.map(([, message]) => message)).toEqual([
      expect.stringContaining('SLUICE_MAX_PUBLISH_BITRATE_BPS'),
    ])
    await publisher.close().catch(() => undefined)
  })
})
