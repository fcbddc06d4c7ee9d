import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { iceServersOf } from '../../player/src/watch/playback/whep-offer.ts'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser } from '../support/browsers/chromium.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { startCoturn } from '../support/coturn.ts'
import { startGateway } from '../support/gateway.ts'
import { RtcHttp } from '../support/rtc-http.ts'
import { publishFromPage } from '../support/whip-page.ts'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

it('lets a browser through that can only be relayed, with the password that the gateway made', async () => {
  const gateway = await startGateway(await startCoturn(cleanup))
  cleanup.defer(() => gateway.close())
  const browser = await startBrowser()
  cleanup.defer(() => browser.close())
  const { response } = await new RtcHttp(gateway).open('first')
  const iceServers = iceServersOf(response.headers.get('link'))
  expect(iceServers).toHaveLength(1)
  await installClockCamera(browser.page, { width: 320, height: 180, framesPerSecond: 15 })
  await browser.page.goto(`${gateway.url}/`)

  await publishFromPage(browser.page, 'relayed', 'vp8', { iceServers, iceTransportPolicy: 'relay' })
  await expect.poll(() => localCandidateType(browser.page), { timeout: 20_000 }).toBe('relay')
  await expect.poll(() => gateway.snapshot('relayed')?.tracks.every(({ active }) => active)).toBe(true)

  // A password that was not made with the secret.
  const wrong = iceServers.map((server) => ({ ...server, credential: 'wrong' }))
  await publishFromPage(browser.page, 'stranger', 'vp8', { iceServers: wrong, iceTransportPolicy: 'relay' })
  await expect.poll(() => gatheringState(browser.page), { timeout: 20_000 }).toBe('complete')
  expect(await localCandidates(browser.page)).toEqual([])
})

/** The types of the addresses that the page's publishing connection found for itself: `host`, `relay`, … */
async function localCandidates(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    if (!('publishing' in window) || !(window.publishing instanceof RTCPeerConnection)) return []
    const report = await window.publishing.getStats()
    return [...report.values()]
      .filter(({ type }) => type === 'local-candidate')
      .map(({ candidateType }) => String(candidateType))
  })
}

async function gatheringState(page: Page): Promise<string | null> {
  return await page.evaluate(() =>
    'publishing' in window && window.publishing instanceof RTCPeerConnection
      ? window.publishing.iceGatheringState
      : null,
  )
}

/** How the page's publishing connection gets through: `host`, `relay`, …; null when it does not. */
async function localCandidateType(page: Page): Promise<string | null> {
  return await page.evaluate(async () => {
    if (!('publishing' in window) || !(window.publishing instanceof RTCPeerConnection)) return null
    const report = await window.publishing.getStats()
    const all = [...report.values()]
    const pair = all.find(
      ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
    )
    return all.find(({ id }) => id === pair?.localCandidateId)?.candidateType ?? null
  })
}
