import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { probe } from '../support/ffprobe.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { type NginxRtmp, startNginxRtmp } from '../support/nginx-rtmp.ts'
import { untilFresh, untilState, watchFor } from '../support/pages.ts'

/** Low latency is about 1 s, plain HLS 3 s behind; the rest is for a busy machine. */
const maxAgeMs = { lowest: 4_000, smoothest: 6_000 }

const cleanup = new Cleanup()
let rtmp: NginxRtmp
let gateway: TestGateway
let browser: TestBrowser

beforeAll(async () => {
  rtmp = await startNginxRtmp()
  cleanup.defer(() => rtmp.stop())
  gateway = await startGateway({
    SLUICE_TARGETS: JSON.stringify({ '*': [{ name: 'nginx', url: rtmp.url, key: '{stream}' }] }),
  })
  cleanup.defer(() => gateway.close())
  browser = await startBrowser()
  cleanup.defer(() => browser.close())
})
afterAll(() => cleanup.run())

describe.each([
  { codec: 'h264', mimeType: 'video/H264', video: 'copy', seconds: 15 },
  { codec: 'vp8', mimeType: 'video/VP8', video: 'transcode', seconds: 8 },
] as const)('a person goes live with $codec', ({ codec, mimeType, video, seconds }) => {
  const stream = `show-${codec}`
  let broadcaster: Page
  let viewer: Page

  beforeAll(async () => {
    ;({ page: broadcaster } = await browser.open())
    ;({ page: viewer } = await browser.open())
    await installClockCamera(broadcaster, { width: 1280, height: 720, framesPerSecond: 30 })
  })
  afterAll(() => Promise.all([broadcaster.context().close(), viewer.context().close()]))

  it('is seen and heard, and by the RTMP server', async () => {
    await viewer.goto(`${gateway.url}/watch/${stream}`)
    await untilState(viewer, 'waiting')
    await broadcaster.goto(`${gateway.url}/publish/${stream}?codec=${codec}`)
    await broadcaster.getByRole('button', { name: 'Go live' }).click()
    await untilState(broadcaster, 'live')
    await untilFresh(viewer, maxAgeMs.lowest)

    const { medianAgeMs, before, after } = await watchFor(viewer, seconds)
    // `npm run bench -- latency` counts the stalls of a machine with nothing else to do. Here a player that does not
    // fit the stream is found: it stalls every few seconds.
    expect(after.stalls - before.stalls).toBeLessThanOrEqual(1 + seconds / 4)
    expect(medianAgeMs).toBeLessThan(maxAgeMs.lowest)
    // Sound: AAC at 128 kbit/s is 16 kB a second; a silent or missing track stays far below.
    expect(after.decodedAudioBytes - before.decodedAudioBytes).toBeGreaterThan(seconds * 1_700)
    expect(after.totalFrames - before.totalFrames).toBeGreaterThan(seconds * 15)
    expect(await viewer.locator('#latency').textContent()).toMatch(/^Live · /)

    await expect.poll(() => gateway.snapshot(stream)?.targets[0]?.state, { timeout: 15_000 }).toBe('live')
    const snapshot = gateway.snapshot(stream)
    expect(snapshot).toMatchObject({ state: 'live', packager: { video, failures: 0 } })
    expect(snapshot?.tracks.map((track) => track.codec).sort()).toEqual(['audio/opus', mimeType])
    const { streams, keyframeSeconds } = await probe(`${rtmp.url}/${stream}`, 4)
    expect(streams.map((stream) => stream.codec_name).sort()).toEqual(['aac', 'h264'])
    expect(streams.find((stream) => stream.codec_type === 'video')).toMatchObject({
      width: 1280,
      height: 720,
    })
    expect(keyframeSeconds.length).toBeGreaterThanOrEqual(2)
  })

  it('is plain HLS for players that know no other', async () => {
    await viewer.getByLabel('Latency').selectOption('smoothest')
    await untilFresh(viewer, maxAgeMs.smoothest)
    const { medianAgeMs } = await watchFor(viewer, 4)
    expect(medianAgeMs).toBeLessThan(maxAgeMs.smoothest)
    const { streams, keyframeSeconds } = await probe(`${gateway.url}/hls/${stream}/index.m3u8`, 4)
    expect(streams.map((stream) => stream.codec_name).sort()).toEqual(['aac', 'h264'])
    expect(keyframeSeconds.length).toBeGreaterThanOrEqual(3)
  })

  it('pauses only when the person pauses it', async () => {
    await viewer.keyboard.press('k')
    await expect.poll(() => viewer.locator('#latency').textContent()).toBe('Paused')
    await viewer.keyboard.press('k')
    await expect.poll(() => viewer.locator('#latency').textContent()).toMatch(/^Live/)
    // Right after a start, that is the browser's rule for autoplay: the page starts it again.
    await viewer.evaluate(() => document.querySelector('video')?.pause())
    await expect.poll(() => viewer.evaluate(() => document.querySelector('video')?.paused)).toBe(false)
    await expect.poll(() => viewer.locator('#latency').textContent()).toMatch(/^Live/)
  })

  it('ends for the viewer when the broadcaster presses Stop', async () => {
    await broadcaster.getByRole('button', { name: 'Stop' }).click()
    await untilState(broadcaster, 'idle')
    await expect.poll(() => gateway.snapshot(stream)?.state).toBe('idle')
    const playlist = await (await fetch(`${gateway.url}/hls/${stream}/v0.m3u8`)).text()
    expect(playlist).toContain('#EXT-X-ENDLIST')
    await untilState(viewer, 'ended')
    expect(gateway.app.ports.inUse).toBe(0)
  })
})
