import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { installClockCamera, readClockAgeMs } from '../support/clock-camera.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { readWatching, untilFresh } from '../support/pages.ts'
import { publishFromPage, realtimeLoudness } from '../support/whip-page.ts'

/** HLS can't be nearer than this. */
const realtimeMs = 1_000
const camera = { width: 640, height: 360, framesPerSecond: 30 }

const cleanup = new Cleanup()
let gateway: TestGateway
let browser: TestBrowser
let broadcaster: Page | undefined
let viewer: Page

beforeAll(async () => {
  gateway = await startGateway()
  cleanup.defer(() => gateway.close())
  browser = await startBrowser()
  cleanup.defer(() => browser.close())
})
afterAll(() => cleanup.run())

beforeEach(async () => {
  ;({ page: viewer } = await browser.open())
})
afterEach(() => viewer.context().close())

/** A window that publishes by WHIP. */
async function publish(stream: string, codec: 'h264' | 'vp8', layers = 1): Promise<void> {
  await broadcaster?.context().close()
  ;({ page: broadcaster } = await browser.open())
  await installClockCamera(broadcaster, camera)
  await broadcaster.goto(`${gateway.url}/`)
  await publishFromPage(broadcaster, stream, codec, { layers })
}

const mode = (page: Page) => page.evaluate(() => document.documentElement.dataset.mode)

describe.each(['h264', 'vp8'] as const)('Chromium publishes %s by WHIP', (codec) => {
  it('and is seen and heard in real time and by HLS, also after it came back', async () => {
    const stream = `rt-${codec}`
    await publish(stream, codec)
    await viewer.goto(`${gateway.url}/watch/${stream}?mode=realtime`)
    await untilFresh(viewer, realtimeMs)
    expect(await mode(viewer)).toBe('realtime')
    expect(await realtimeLoudness(viewer)).toBeGreaterThan(0.02)
    // What the page says of its distance is the truth.
    await expect
      .poll(
        async () => {
          const said = await viewer.evaluate(() =>
            Number(document.documentElement.dataset.latencySeconds || 'NaN'),
          )
          const age = ((await readClockAgeMs(viewer)) ?? Number.NaN) / 1_000
          return Math.abs(said - age) < 0.15
        },
        { timeout: 15_000 },
      )
      .toBe(true)

    await publish(stream, codec)
    await untilFresh(viewer, realtimeMs)
    expect(await mode(viewer)).toBe('realtime')

    await viewer.goto(`${gateway.url}/watch/${stream}`)
    await untilFresh(viewer, 8_000)
    const before = await readWatching(viewer)
    await expect
      .poll(async () => (await readWatching(viewer)).decodedAudioBytes - before.decodedAudioBytes, {
        timeout: 15_000,
      })
      .toBeGreaterThan(10_000)
  })
})

describe('a simulcast publisher', () => {
  it('is seen in its best layer, in real time and by HLS', async () => {
    const stream = 'simulcast'
    await publish(stream, 'h264', 2)
    await viewer.goto(`${gateway.url}/watch/${stream}?mode=realtime`)
    await untilFresh(viewer, realtimeMs)
    const height = () => viewer.evaluate(() => document.querySelector('video')?.videoHeight)
    await expect.poll(height, { timeout: 20_000 }).toBe(camera.height)
    await expect.poll(() => gateway.snapshot(stream)?.feed?.height, { timeout: 20_000 }).toBe(camera.height)
  })
})

describe('the watch page gives real time up by itself', () => {
  const stream = 'fallback'
  beforeAll(() => publish(stream, 'h264'))

  it.each([
    {
      why: 'nothing gets through',
      says: /does not get through/,
      // The answer, with candidates that lead nowhere.
      answer: (sdp: string) => sdp.replace(/(127\.0\.0\.1) \d+ typ/g, '$1 9 typ'),
    },
    { why: 'the codec is missing', says: /cannot decode/, status: 406 },
    { why: 'there are too many viewers', says: /Too many people/, status: 503 },
  ])('when $why, plays HLS and shows why', async ({ says, answer, status }) => {
    await viewer.route('**/whep/**', async (route) => {
      if (route.request().method() !== 'POST') return await route.continue()
      if (status !== undefined) return await route.fulfill({ status })
      const response = await route.fetch()
      await route.fulfill({ response, body: answer?.(await response.text()) ?? '' })
    })
    await viewer.goto(`${gateway.url}/watch/${stream}?mode=realtime`)
    await untilFresh(viewer, 8_000)
    expect(await mode(viewer)).toBe('lowest')
    expect(await viewer.locator('#mode-note').textContent()).toMatch(says)
    // Choosing it again makes another try.
    await viewer.unroute('**/whep/**')
    await viewer.getByLabel('Latency').selectOption('realtime')
    await untilFresh(viewer, realtimeMs)
    expect(await viewer.locator('#mode-note').textContent()).toBe('')
  })
})
