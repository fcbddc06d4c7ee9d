import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { certificateFiles } from '../support/certificate.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { untilState } from '../support/pages.ts'

const cleanup = new Cleanup()
let gateway: TestGateway
let browser: TestBrowser

beforeAll(async () => {
  const { certPath, keyPath } = await certificateFiles(cleanup)
  gateway = await startGateway({
    SLUICE_TLS_CERT: certPath,
    SLUICE_TLS_KEY: keyPath,
    SLUICE_LOW_LATENCY: 'true',
  })
  cleanup.defer(() => gateway.close())
  browser = await startBrowser({ ignoreHTTPSErrors: true })
  cleanup.defer(() => browser.close())
})
afterAll(() => cleanup.run())

it('with a certificate, a person goes live by wss and is watched by HTTP/2 on the same port', async () => {
  expect(gateway.url).toMatch(/^https:/)
  const { page: broadcaster, context } = browser
  await broadcaster.goto(`${gateway.url}/publish/safe`)
  await broadcaster.getByRole('button', { name: 'Go live' }).click()
  await untilState(broadcaster, 'live')
  const viewer = await context.newPage()
  await viewer.goto(`${gateway.url}/watch/safe`)
  await untilState(viewer, 'playing')
  const protocols = await viewer.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry) => entry instanceof PerformanceResourceTiming && entry.name.includes('/hls/'))
      .map((entry) => entry instanceof PerformanceResourceTiming && entry.nextHopProtocol),
  )
  expect(protocols.length).toBeGreaterThan(3)
  expect(new Set(protocols)).toEqual(new Set(['h2']))
  await broadcaster.getByRole('button', { name: 'Stop' }).click()
  await untilState(viewer, 'ended')
})
