import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { probe } from '../support/ffprobe.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { type NginxRtmp, startNginxRtmp } from '../support/nginx-rtmp.ts'
import { untilFresh, untilState, watchFor } from '../support/pages.ts'

/** Low latency is about 1 s, plain HLS 3 s behind; the rest is for a busy machine. */
const maxAgeMs = { lowest: 4_000, smoothest: 6_000 }

describe.each([
  { codec: 'h264', mimeType: 'video/H264', video: 'copy', seconds: 60 },
  { codec: 'vp8', mimeType: 'video/VP8', video: 'transcode', seconds: 30 },
] as const)('a person goes live with $codec', ({ codec, mimeType, video, seconds }) => {
  let rtmp: NginxRtmp
  let gateway: TestGateway
  let broadcaster: TestBrowser | undefined
  let viewer: TestBrowser | undefined
  let attempts = 0
  let stream = ''

  beforeAll(async () => {
    rtmp = await startNginxRtmp()
    gateway = await startGateway({
      SLUICE_TARGETS: JSON.stringify({ '*': [{ name: 'nginx', url: rtmp.url, key: '{stream}' }] }),
    })
  })

  afterAll(async () => {
    await Promise.all([broadcaster?.close(), viewer?.close()])
    await gateway?.close()
    await rtmp?.stop()
  })

  /** Browsers and a stream that no earlier attempt has used. */
  async function openBrowsers(): Promise<{ broadcaster: TestBrowser; viewer: TestBrowser }> {
    await Promise.all([broadcaster?.close(), viewer?.close()])
    attempts += 1
    stream = `show-${attempts}`
    broadcaster = await startBrowser()
    viewer = await startBrowser()
    await installClockCamera(broadcaster.page, { width: 1280, height: 720, framesPerSecond: 30 })
    return { broadcaster, viewer }
  }

  it(`is seen and heard for ${seconds} s, and by the RTMP server`, async () => {
    const { broadcaster, viewer } = await openBrowsers()
    await viewer.page.goto(`${gateway.url}/watch/${stream}`)
    await untilState(viewer.page, 'waiting')
    await broadcaster.page.goto(`${gateway.url}/publish/${stream}?codec=${codec}`)
    await broadcaster.page.getByRole('button', { name: 'Go live' }).click()
    await untilState(broadcaster.page, 'live')
    await untilFresh(viewer.page, maxAgeMs.lowest)

    const { agesMs, before, after } = await watchFor(viewer.page, seconds)
    // None on a machine with nothing else to do, as `npm run bench -- latency` shows. With half a second in reserve,
    // whatever else runs may cost one, but a player that does not fit the stream stalls every few seconds.
    expect(after.stalls - before.stalls).toBeLessThanOrEqual(3)
    expect(Math.max(...agesMs)).toBeLessThan(maxAgeMs.lowest)
    // Sound: AAC at 128 kbit/s is 16 kB a second; a silent or missing track stays far below.
    expect(after.decodedAudioBytes - before.decodedAudioBytes).toBeGreaterThan(seconds * 1_700)
    expect(after.totalFrames - before.totalFrames).toBeGreaterThan(seconds * 20)

    const snapshot = gateway.snapshot(stream)
    expect(snapshot).toMatchObject({
      state: 'live',
      packager: { video, failures: 0 },
      targets: [{ name: 'nginx', state: 'live' }],
    })
    expect(snapshot?.tracks.map((track) => track.codec).sort()).toEqual(['audio/opus', mimeType])
    const { streams, keyframeSeconds } = await probe(`${rtmp.url}/${stream}`, 6)
    expect(streams.map((stream) => stream.codec_name).sort()).toEqual(['aac', 'h264'])
    expect(streams.find((stream) => stream.codec_type === 'video')).toMatchObject({
      width: 1280,
      height: 720,
    })
    expect(keyframeSeconds.length).toBeGreaterThanOrEqual(2)
  })

  it('is plain HLS for players that know no other', async () => {
    if (!viewer) throw new Error('nobody went live')
    await viewer.page.getByLabel('Latency').selectOption('smoothest')
    await untilFresh(viewer.page, maxAgeMs.smoothest)
    const { agesMs, before, after } = await watchFor(viewer.page, 10)
    expect(after.stalls - before.stalls).toBe(0)
    expect(Math.max(...agesMs)).toBeLessThan(maxAgeMs.smoothest)
    const { streams, keyframeSeconds } = await probe(`${gateway.url}/hls/${stream}/index.m3u8`, 4)
    expect(streams.map((stream) => stream.codec_name).sort()).toEqual(['aac', 'h264'])
    expect(keyframeSeconds.length).toBeGreaterThanOrEqual(3)
  })

  it('ends for the viewer when the broadcaster presses Stop', async () => {
    if (!broadcaster || !viewer) throw new Error('nobody went live')
    await broadcaster.page.getByRole('button', { name: 'Stop' }).click()
    await untilState(broadcaster.page, 'idle')
    await expect.poll(() => gateway.snapshot(stream)?.state).toBe('idle')
    const playlist = await (await fetch(`${gateway.url}/hls/${stream}/v0.m3u8`)).text()
    expect(playlist).toContain('#EXT-X-ENDLIST')
    await untilState(viewer.page, 'waiting')
    expect(gateway.app.ports.inUse).toBe(0)
  })
})
