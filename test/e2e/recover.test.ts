import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { untilFresh, untilState } from '../support/pages.ts'

const maxAgeMs = 8_000

describe('what breaks comes back by itself', () => {
  const cleanup = new Cleanup()
  let gateway: TestGateway
  let browser: TestBrowser
  let broadcaster: Page
  let viewer: Page
  let stream = ''

  beforeAll(async () => {
    gateway = await startGateway()
    cleanup.defer(() => gateway.close())
    browser = await startBrowser()
    cleanup.defer(() => browser.close())
  })
  afterAll(() => cleanup.run())

  beforeEach(async ({ task }) => {
    stream = `show-${task.id.replaceAll(/[^a-z0-9]/g, '')}`
    broadcaster = await goLive((await browser.open()).page)
    ;({ page: viewer } = await browser.open())
    await viewer.goto(`${gateway.url}/watch/${stream}`)
    await untilFresh(viewer, maxAgeMs)
  })
  afterEach(() => Promise.all([broadcaster.context().close(), viewer.context().close()]))

  async function goLive(page: Page): Promise<Page> {
    await installClockCamera(page, { width: 640, height: 360, framesPerSecond: 30 })
    await page.goto(`${gateway.url}/publish/${stream}`)
    await page.getByRole('button', { name: 'Go live' }).click()
    await untilState(page, 'live')
    return page
  }

  it('after the packager is killed, the viewer plays on', async () => {
    const pid = gateway.snapshot(stream)?.packager?.pid
    expect(pid).toBeTypeOf('number')
    process.kill(Number(pid), 'SIGKILL')
    await expect.poll(() => gateway.snapshot(stream)?.feed?.epochs, { timeout: 20_000 }).toBe(2)
    await untilFresh(viewer, maxAgeMs)
    expect(gateway.snapshot(stream)).toMatchObject({ state: 'live', packager: { failures: 1 } })
  })

  it('after the worker is killed, the publish page reconnects and the viewer plays on', async () => {
    const [pid] = gateway.app.pool.pids
    process.kill(Number(pid), 'SIGKILL')
    await untilState(broadcaster, 'reconnecting')
    await untilState(broadcaster, 'live')
    await expect.poll(() => gateway.snapshot(stream)?.feed?.epochs, { timeout: 20_000 }).toBe(2)
    await untilFresh(viewer, maxAgeMs)
    expect(gateway.app.pool.pids).not.toContain(pid)
  })

  it('after the tab was closed, another one goes on with the same stream', async () => {
    await broadcaster.close({ runBeforeUnload: false })
    await expect.poll(() => gateway.snapshot(stream)?.state, { timeout: 20_000 }).toBe('interrupted')
    broadcaster = await goLive(await broadcaster.context().newPage())
    await expect.poll(() => gateway.snapshot(stream)?.feed?.epochs, { timeout: 20_000 }).toBe(2)
    await untilFresh(viewer, maxAgeMs)
  })

  it('after a restart of the gateway, both pages go on', async () => {
    const { port, hostname } = new URL(gateway.url)
    await gateway.close()
    await untilState(broadcaster, 'reconnecting')
    gateway = await startGateway({ SLUICE_HTTP_PORT: port })
    expect(new URL(gateway.url).hostname).toBe(hostname)
    await untilState(broadcaster, 'live', 40_000)
    await untilFresh(viewer, maxAgeMs, 60_000)
  })
})
