import { afterAll, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser } from '../support/browsers/chromium.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { probe } from '../support/ffprobe.ts'
import { startGateway } from '../support/gateway.ts'
import { startNginxRtmp } from '../support/nginx-rtmp.ts'
import { untilState } from '../support/pages.ts'

const cleanup = new Cleanup()
afterAll(() => cleanup.run())

it('a browser gives platforms what they ask for, so nothing is encoded for them', async () => {
  const rtmp = await startNginxRtmp()
  cleanup.defer(() => rtmp.stop())
  const target = { name: 'platform', kind: 'youtube', url: rtmp.url, key: '{stream}' }
  const gateway = await startGateway({
    // Keyframes are asked for more often than segments are cut.
    ...{ SLUICE_SEGMENT_SECONDS: '5', SLUICE_LOW_LATENCY: 'false' },
    SLUICE_TARGETS: JSON.stringify({ '*': [target] }),
  })
  cleanup.defer(() => gateway.close())
  const browser = await startBrowser()
  cleanup.defer(() => browser.close())
  await installClockCamera(browser.page, { width: 1280, height: 720, framesPerSecond: 30 })
  await browser.page.goto(`${gateway.url}/publish/show?codec=h264`)
  await browser.page.getByRole('button', { name: 'Go live' }).click()
  await untilState(browser.page, 'live')
  const snapshot = () => gateway.snapshot('show')?.targets[0]
  await expect.poll(() => snapshot()?.state, { timeout: 15_000 }).toBe('live')

  const { streams, keyframeSeconds } = await probe(`${rtmp.url}/show`, 7)
  expect(streams.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264'])
  const distances = keyframeSeconds.slice(1).map((at, index) => at - (keyframeSeconds[index] ?? 0))
  expect(distances.length).toBeGreaterThanOrEqual(2)
  expect(Math.max(...distances)).toBeLessThanOrEqual(2.1)
  expect(snapshot()?.profile).toEqual({ mode: 'copy', reasons: [] })
})
