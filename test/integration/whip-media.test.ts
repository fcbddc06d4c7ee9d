import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sendClip } from '../../scripts/bench/load/clip-sender.ts'
import { type PeerTrack, RtcPeer } from '../../scripts/bench/load/rtc-peer.ts'
import { watchByWhep } from '../../scripts/bench/load/whep-viewer.ts'
import { openSession } from '../../scripts/bench/load/whip.ts'
import { Cleanup } from '../../src/cleanup.ts'
import { addPlainTrack } from '../../src/sfu/plain-ingest.ts'
import { type ClipOptions, clip, clipFramesPerSecond } from '../support/clip.ts'
import { flashAndBeepOffsetsMs, offsetFigures } from '../support/flash-and-beep.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { HlsRecorder } from '../support/hls-recorder.ts'
import { readMediaPlaylist } from '../support/hls-rules/read-media-playlist.ts'
import { breaches } from '../support/hls-rules/rules.ts'
import { publishByWerift } from '../support/werift-publisher.ts'

type Stack = 'libdatachannel' | 'werift'
type Codec = 'h264' | 'vp8'

/** ITU-R BT.1359: sound that is this much early is still acceptable. */
const acceptableMs = 90
const within = { timeout: 30_000, interval: 100 }

let gateway: TestGateway
let directory: string
let cleanup: Cleanup

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_ENDED_SECONDS: '5', SLUICE_RESUME_SECONDS: '5' })
  directory = await mkdtemp(join(tmpdir(), 'sluice-whip-'))
})
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(async () => {
  await cleanup.run()
  // Whoever published or watched, nothing of it is left.
  await vi.waitFor(async () => expect(await gateway.app.pool.usage()).toMatchObject({ routers: 0 }), within)
})
afterAll(async () => {
  await gateway?.close()
  await rm(directory, { recursive: true, force: true })
})

const audio: PeerTrack & { ssrc: number } = { codec: 'opus', payloadType: 111, ssrc: 1001 }

type Publisher = { send(kind: 'audio' | 'video', packet: Buffer): void; close(): Promise<void> }

async function connect(stack: Stack, stream: string, codec: Codec): Promise<Publisher> {
  const url = `${gateway.url}/whip/${stream}`
  if (stack === 'werift') return await publishByWerift(url, codec)
  const peer = await RtcPeer.create('SendOnly', [audio, { codec, payloadType: 96, ssrc: 1002 }])
  const session = await openSession(url, peer.offer)
  peer.accept(session.answer)
  await peer.connected
  return {
    send: (kind, packet) => peer.send(kind, packet),
    async close() {
      await session.close()
      peer.close()
    },
  }
}

/** Sends a clip without taking requests, like OBS. */
async function publish(
  stream: string,
  stack: Stack,
  options: ClipOptions & { video: Codec },
): Promise<Publisher> {
  const publisher = await connect(stack, stream, options.video)
  cleanup.defer(() => publisher.close())
  const track = (kind: 'audio' | 'video', map: string, payloadType: number, ssrc: number) => ({
    map,
    payloadType,
    ssrc,
    onRtp: (packet: Buffer) => publisher.send(kind, packet),
    // werift reports by itself.
    onRtcp: (packet: Buffer) => stack === 'libdatachannel' && publisher.send(kind, packet),
  })
  const tracks = [track('video', '0:v:0', 96, 1002), track('audio', '0:a:0', 111, 1001)]
  const stop = await sendClip(
    { file: await clip(options), codec: options.video },
    tracks,
    gateway.app.ffmpegBinary,
  )
  cleanup.defer(stop)
  return publisher
}

describe.each<{ stack: Stack; codec: Codec }>([
  { stack: 'libdatachannel', codec: 'h264' },
  { stack: 'libdatachannel', codec: 'vp8' },
  { stack: 'werift', codec: 'h264' },
  { stack: 'werift', codec: 'vp8' },
])('$stack publishes $codec by WHIP', ({ stack, codec }) => {
  test('and is played with sound by HLS, whole by WHEP, until it ends for both at once', async () => {
    const stream = `${stack}-${codec}`
    const publisher = await publish(stream, stack, { video: codec })
    await vi.waitFor(
      () => expect(gateway.snapshot(stream)?.tracks.every(({ active }) => active)).toBe(true),
      within,
    )
    const viewer = await watchByWhep(gateway.url, stream, codec)
    cleanup.defer(() => viewer.close())
    const recorder = new HlsRecorder(`${gateway.url}/hls/${stream}`)
    await vi.waitFor(() => expect(recorder.seconds).toBeGreaterThan(6), within)
    const { frames, lost } = viewer.video
    expect(frames).toBeGreaterThan(5 * clipFramesPerSecond)
    expect(lost + viewer.audio.lost).toBe(0)
    // 20 ms per packet.
    expect(viewer.audio.packets).toBeGreaterThan(5 * 50)

    await publisher.close()
    const leftAtMs = performance.now()
    await viewer.ended
    // Long before its ICE would notice.
    expect(performance.now() - leftAtMs).toBeLessThan(2_000)
    await vi.waitFor(() => expect(recorder.ended).toBe(true), within)
    await recorder.stop()
    const offsets = await flashAndBeepOffsetsMs(await recorder.save(join(directory, stream)))
    const { medianMs } = offsetFigures(offsets)
    console.log(`${stream}: picture against sound ${medianMs.toFixed(0)} ms over ${offsets.length} flashes`)
    expect(offsets.length).toBeGreaterThanOrEqual(4)
    // werift reports the time of sending as that of capture, which a busy machine makes any time.
    if (stack === 'libdatachannel') expect(Math.abs(medianMs)).toBeLessThan(acceptableMs)
  })
})

test('a keyframe only every 250 frames: HLS begins with the first, and stays within its rules', async () => {
  await publish('long-gop', 'libdatachannel', { video: 'h264', keyframeFrames: 250 })
  const recorder = new HlsRecorder(`${gateway.url}/hls/long-gop`)
  await vi.waitFor(() => expect(recorder.seconds).toBeGreaterThan(18), { timeout: 50_000, interval: 200 })
  await recorder.stop()
  const observations = recorder.playlists.map(({ text, atMs }) => {
    const playlist = readMediaPlaylist(text)
    return { atMs, raw: playlist, playlist }
  })
  expect(breaches(observations)).toEqual([])
  expect(recorder.segments.some(({ discontinuity }) => discontinuity)).toBe(false)
  expect(gateway.snapshot('long-gop')?.packager?.failures).toBe(0)
})

test.each([
  { what: 'sound alone', kinds: ['audio'], codecs: 'mp4a.40.2' },
  { what: 'a picture alone', kinds: ['video'], codecs: /^avc1\.[0-9a-f]{6}$/ },
] as const)('$what is published and watched', async ({ kinds, codecs }) => {
  const [kind] = kinds
  const stream = `only-${kind}`
  const video: PeerTrack & { ssrc: number } = { codec: 'h264', payloadType: 96, ssrc: 1002 }
  const own = kind === 'audio' ? audio : video
  const peer = await RtcPeer.create('SendOnly', [own])
  cleanup.defer(() => peer.close())
  const session = await openSession(`${gateway.url}/whip/${stream}`, peer.offer)
  cleanup.defer(() => session.close())
  peer.accept(session.answer)
  await peer.connected
  const send = (packet: Buffer) => peer.send(kind, packet)
  const track = {
    map: `0:${kind[0]}:0`,
    payloadType: own.payloadType,
    ssrc: own.ssrc,
    onRtp: send,
    onRtcp: send,
  }
  cleanup.defer(await sendClip({ file: await clip(), codec: 'h264' }, [track], gateway.app.ffmpegBinary))
  await vi.waitFor(() => expect(gateway.snapshot(stream)?.hls?.playable).toBe(true), within)
  expect(gateway.snapshot(stream)?.feed?.codecs).toMatch(codecs)
  // This viewer asks for both.
  const viewer = await watchByWhep(gateway.url, stream, 'h264')
  cleanup.defer(() => viewer.close())
  await vi.waitFor(() => expect(viewer[kind].packets).toBeGreaterThan(50), within)
  expect(viewer[kind === 'audio' ? 'video' : 'audio'].packets).toBe(0)
})

test('viewers who never connect, and those who vanish, are let go', async () => {
  const publisher = await connect('libdatachannel', 'host', 'h264')
  cleanup.defer(() => publisher.close())
  const before = await gateway.app.pool.usage()
  const never = await RtcPeer.create('RecvOnly', [{ codec: 'opus', payloadType: 111 }])
  cleanup.defer(() => never.close())
  await openSession(`${gateway.url}/whep/host`, never.offer)
  const vanishing = await RtcPeer.create('RecvOnly', [{ codec: 'opus', payloadType: 96 }])
  vanishing.accept((await openSession(`${gateway.url}/whep/host`, vanishing.offer)).answer)
  await vanishing.connected
  expect((await gateway.app.pool.usage()).routers).toBe(before.routers + 2)
  vanishing.close()
  await vi.waitFor(async () => expect(await gateway.app.pool.usage()).toEqual(before), {
    timeout: 40_000,
    interval: 200,
  })
})

test('a track that comes later ends the viewers, who get it when they come back', async () => {
  const { publication } = await gateway.app.registry.publish('later', {
    kinds: ['audio'],
    principal: 'anonymous',
    onEnd: () => undefined,
  })
  cleanup.defer(async () => await gateway.app.registry.get('later').release(publication, 'stopped'))
  await addPlainTrack(publication, 'audio/opus')
  const first = await watchByWhep(gateway.url, 'later', 'h264')
  cleanup.defer(() => first.close())
  await first.connected
  await addPlainTrack(publication, 'video/H264')
  await first.ended
  const second = await watchByWhep(gateway.url, 'later', 'h264')
  cleanup.defer(() => second.close())
  await second.connected
})

test('a publisher who vanishes is missed, and can come back into the same stream', async () => {
  const stream = 'vanishes'
  const first = await RtcPeer.create('SendOnly', [audio, { codec: 'h264', payloadType: 96, ssrc: 1002 }])
  const session = await openSession(`${gateway.url}/whip/${stream}`, first.offer)
  first.accept(session.answer)
  await first.connected
  first.close()
  // Without a DELETE: its ICE checks stay away. It was never live, so nothing is waited for.
  await vi.waitFor(() => expect(gateway.snapshot(stream)?.state).toBe('idle'), within)
  await publish(stream, 'libdatachannel', { video: 'h264' })
  await vi.waitFor(() => expect(gateway.snapshot(stream)?.state).toBe('live'), within)
})
