import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { installClockCamera, readClockAgeMs } from '../support/clock-camera.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { readWatching, untilFresh } from '../support/pages.ts'
import { publishFromPage, realtimeLoudness } from '../support/whip-page.ts'

/** HLS can't be nearer than this. */
const realtimeMs = 1_000
const camera = { width: 640, height: 360, framesPerSecond: 30 }

let gateway: TestGateway
let browsers: TestBrowser[] = []

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  await closeBrowsers()
  await gateway?.close()
})

async function closeBrowsers(): Promise<void> {
  await Promise.all(browsers.map((browser) => browser.close()))
  browsers = []
}

/** A browser that publishes by WHIP, and another one that watches. */
async function publishAndWatch(stream: string, codec: 'h264' | 'vp8', layers = 1) {
  await closeBrowsers()
  const broadcaster = await startBrowser()
  browsers.push(broadcaster)
  const viewer = await startBrowser()
  browsers.push(viewer)
  await installClockCamera(broadcaster.page, camera)
  await broadcaster.page.goto(`${gateway.url}/`)
  await publishFromPage(broadcaster.page, stream, codec, { layers })
  return { broadcaster: broadcaster.page, viewer: viewer.page }
}

const mode = (page: TestBrowser['page']) => page.evaluate(() => document.documentElement.dataset.mode)

describe.each(['h264', 'vp8'] as const)('Chromium publishes %s by WHIP', (codec) => {
  it('and is seen and heard in real time and by HLS, also after it came back', async () => {
    const stream = `rt-${codec}-${Date.now()}`
    const { broadcaster, viewer } = await publishAndWatch(stream, codec)
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

    await broadcaster.reload()
    await publishFromPage(broadcaster, stream, codec)
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
    const stream = `simulcast-${Date.now()}`
    const { viewer } = await publishAndWatch(stream, 'h264', 2)
    await viewer.goto(`${gateway.url}/watch/${stream}?mode=realtime`)
    await untilFresh(viewer, realtimeMs)
    const height = () => viewer.evaluate(() => document.querySelector('video')?.videoHeight)
    await expect.poll(height, { timeout: 20_000 }).toBe(camera.height)
    await expect.poll(() => gateway.snapshot(stream)?.feed?.height, { timeout: 20_000 }).toBe(camera.height)
  })
})

describe('the watch page gives real time up by itself', () => {
  it.each([
    {
      why: 'nothing gets through',
      says: /does not get through/,
      // The answer, with candidates where nobody is.
      answer: (sdp: string) => sdp.replace(/(127\.0\.0\.1) \d+ typ/g, '$1 9 typ'),
    },
    { why: 'the codec is missing', says: /cannot decode/, status: 406 },
    { why: 'there are too many viewers', says: /Too many people/, status: 503 },
  ])('when $why, plays HLS and says so', async ({ says, answer, status }) => {
    const stream = `fallback-${Date.now()}`
    const { viewer } = await publishAndWatch(stream, 'h264')
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
    // Whoever chooses it again gets another try.
    await viewer.unroute('**/whep/**')
    await viewer.getByLabel('Latency').selectOption('realtime')
    await untilFresh(viewer, realtimeMs)
    expect(await viewer.locator('#mode-note').textContent()).toBe('')
  })
})
