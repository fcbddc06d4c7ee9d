import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sendClip } from '../../../scripts/bench/load/clip-sender.ts'
import { RtcPeer } from '../../../scripts/bench/load/rtc-peer.ts'
import { openSession } from '../../../scripts/bench/load/whip.ts'
import { Cleanup } from '../../../src/cleanup.ts'
import { asBearer, ask, signedIn } from '../../support/access-setup.ts'
import { clip } from '../../support/clip.ts'
import { probe } from '../../support/ffprobe.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { HlsRecorder } from '../../support/hls-recorder.ts'
import { SignalingClient } from '../../support/signaling-client.ts'

const within = { timeout: 30_000, interval: 100 }
const publish = { protocol: 1, kinds: ['video'] }

let gateway: TestGateway
let operator: { cookie: string }
const cleanup = new Cleanup()

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_ACCESS: 'required' })
  cleanup.defer(() => gateway.close())
  operator = await signedIn(gateway, 'root', {}, true)
})
afterAll(() => cleanup.run())

const newKey = async (stream: string) =>
  await gateway.app.access.credentials.create({
    kind: 'key',
    label: 'OBS',
    stream,
    scope: null,
    expiresAt: null,
  })

/** Publishes as OBS does, by WHIP with a bearer token. */
async function goLive(stream: string, secret: string) {
  const peer = await RtcPeer.create('SendOnly', [
    { codec: 'opus', payloadType: 111, ssrc: 1001 },
    { codec: 'h264', payloadType: 96, ssrc: 1002 },
  ])
  const session = await openSession(`${gateway.url}/whip/${stream}`, peer.offer, asBearer(secret))
  peer.accept(session.answer)
  await peer.connected
  const track = (kind: 'audio' | 'video', map: string, payloadType: number, ssrc: number) => ({
    ...{ map, payloadType, ssrc, onRtp: (packet: Buffer) => peer.send(kind, packet) },
    onRtcp: (packet: Buffer) => peer.send(kind, packet),
  })
  const tracks = [track('video', '0:v:0', 96, 1002), track('audio', '0:a:0', 111, 1001)]
  const stop = await sendClip(
    { file: await clip({ video: 'h264' }), codec: 'h264' },
    tracks,
    gateway.app.ffmpegBinary,
  )
  cleanup.defer(async () => {
    await stop()
    peer.close()
  })
  return session
}

test('a key that is revoked while live ends the broadcast within a second, and its viewers see the end', async () => {
  await gateway.app.access.streams.set('show', 'private')
  const { secret, id } = await newKey('show')
  const session = await goLive('show', secret)
  const play = { stream: 'show', lifetimeSeconds: 600, renewSeconds: 0 }
  const { token } = await gateway.app.access.playTokens.issue({ ...play, subject: 'ann' })
  const lost = await gateway.app.access.playTokens.issue({ ...play, subject: 'bob' })
  await vi.waitFor(() => expect(gateway.snapshot('show')?.hls?.playable).toBe(true), within)
  const playlist = `${gateway.url}/hls/~${token}/show/index.m3u8`
  const recorder = new HlsRecorder(`${gateway.url}/hls/~${token}/show`)
  await vi.waitFor(() => expect(recorder.segments.length).toBeGreaterThan(1), within)
  expect((await fetch(`${gateway.url}/hls/show/index.m3u8`)).status).toBe(403)
  // A program that knows nothing of tokens plays the address.
  const { streams } = await probe(playlist, 2)
  expect(streams.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264'])

  // A real-time viewer whose token is revoked is gone at once; the publisher stays.
  const viewer = await RtcPeer.create('RecvOnly', [
    { codec: 'opus', payloadType: 111 },
    { codec: 'h264', payloadType: 96 },
  ])
  cleanup.defer(async () => viewer.close())
  const watching = await openSession(`${gateway.url}/whep/show`, viewer.offer, asBearer(lost.token))
  const present = async () => (await fetch(watching.url, { headers: asBearer(token) })).status
  expect(await present()).toBe(204)
  const revoke = '/api/streams/show/play-tokens/revoke'
  expect((await ask(gateway, 'POST', revoke, operator, { subject: 'bob' })).status).toBe(204)
  expect(await present()).toBe(404)
  expect(gateway.snapshot('show')?.state).toBe('live')

  const revokedAtMs = performance.now()
  expect((await ask(gateway, 'DELETE', `/api/keys/${id}`, operator)).status).toBe(204)
  await vi.waitFor(() => expect(gateway.snapshot('show')?.state).toBe('idle'), {
    timeout: 1_000,
    interval: 10,
  })
  console.log(
    `the broadcast ended ${(performance.now() - revokedAtMs).toFixed(0)} ms after its key was revoked`,
  )
  expect((await fetch(session.url, { headers: asBearer(secret) })).status).toBe(401)
  await vi.waitFor(() => expect(recorder.ended).toBe(true), within)
  await recorder.stop()
  expect(await (await fetch(`${gateway.url}/hls/~${token}/show/v0.m3u8`)).text()).toContain('#EXT-X-ENDLIST')
}, 90_000)

test('a page publishes with a key in its message, and ends when the key does', async () => {
  const { secret, id } = await newKey('page')
  const url = `${gateway.url}/ws/publish/page`
  const client = await SignalingClient.open(url)
  cleanup.defer(async () => client.close())
  expect(await client.request('publish', publish)).toMatchObject({
    ok: false,
    error: { code: 'UNAUTHENTICATED' },
  })
  const other = await newKey('other')
  expect(await client.request('publish', { ...publish, key: other.secret })).toMatchObject({
    error: { code: 'FORBIDDEN' },
  })
  expect(await client.request('publish', { ...publish, key: secret })).toMatchObject({ ok: true })
  // Another key of the stream is somebody else; the same key takes the stream over, from anywhere.
  const second = await SignalingClient.open(url)
  cleanup.defer(async () => second.close())
  const rival = await newKey('page')
  expect(await second.request('publish', { ...publish, key: rival.secret })).toMatchObject({
    error: { code: 'STREAM_TAKEN' },
  })
  expect(await second.request('publish', { ...publish, key: secret })).toMatchObject({ ok: true })
  expect((await ask(gateway, 'DELETE', `/api/keys/${id}`, operator)).status).toBe(204)
  await second.closed
  expect(second.notices.find(({ type }) => type === 'ended')).toMatchObject({
    retry: false,
    error: { code: 'UNAUTHENTICATED' },
  })
  expect(gateway.snapshot('page')?.state).toBe('idle')
  const { text } = await ask(gateway, 'GET', '/api/audit?limit=1000', operator)
  const actions = JSON.parse(text).entries.map(({ action }: { action: string }) => action)
  expect(actions).toEqual(
    expect.arrayContaining(['publish', 'publish-refused', 'publish-revoked', 'DELETE /api/keys/:key']),
  )
  expect(text).not.toContain(secret)
})
