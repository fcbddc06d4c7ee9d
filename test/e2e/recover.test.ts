import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { untilFresh, untilState } from '../support/pages.ts'

const maxAgeMs = 8_000

describe('what breaks comes back by itself', () => {
  let gateway: TestGateway
  let broadcaster: TestBrowser
  let viewer: TestBrowser

  beforeEach(async () => {
    gateway = await startGateway()
    broadcaster = await startBrowser()
    viewer = await startBrowser()
    await installClockCamera(broadcaster.page, { width: 640, height: 360, framesPerSecond: 30 })
    await broadcaster.page.goto(`${gateway.url}/publish/show`)
    await broadcaster.page.getByRole('button', { name: 'Go live' }).click()
    await untilState(broadcaster.page, 'live')
    await viewer.page.goto(`${gateway.url}/watch/show`)
    await untilFresh(viewer.page, maxAgeMs)
  })

  afterEach(async () => {
    await Promise.all([broadcaster?.close(), viewer?.close()])
    await gateway?.close()
  })

  it('after the packager is killed, the viewer plays on', async () => {
    const pid = gateway.snapshot('show')?.packager?.pid
    expect(pid).toBeTypeOf('number')
    process.kill(Number(pid), 'SIGKILL')
    await expect.poll(() => gateway.snapshot('show')?.feed?.epochs, { timeout: 20_000 }).toBe(2)
    await untilFresh(viewer.page, maxAgeMs)
    expect(gateway.snapshot('show')).toMatchObject({ state: 'live', packager: { failures: 1 } })
  })

  it('after the worker is killed, the publish page reconnects and the viewer plays on', async () => {
    const [pid] = gateway.app.pool.pids
    process.kill(Number(pid), 'SIGKILL')
    await untilState(broadcaster.page, 'reconnecting')
    await untilState(broadcaster.page, 'live')
    await expect.poll(() => gateway.snapshot('show')?.feed?.epochs, { timeout: 20_000 }).toBe(2)
    await untilFresh(viewer.page, maxAgeMs)
    expect(gateway.app.pool.pids).not.toContain(pid)
  })

  it('after the tab was closed, another one goes on with the same stream', async () => {
    await broadcaster.page.close({ runBeforeUnload: false })
    await expect.poll(() => gateway.snapshot('show')?.state, { timeout: 20_000 }).toBe('interrupted')
    const page = await broadcaster.context.newPage()
    await installClockCamera(page, { width: 640, height: 360, framesPerSecond: 30 })
    await page.goto(`${gateway.url}/publish/show`)
    await page.getByRole('button', { name: 'Go live' }).click()
    await untilState(page, 'live')
    await expect.poll(() => gateway.snapshot('show')?.feed?.epochs, { timeout: 20_000 }).toBe(2)
    await untilFresh(viewer.page, maxAgeMs)
  })

  it('after a restart of the gateway, both pages go on', async () => {
    const { port, hostname } = new URL(gateway.url)
    await gateway.close()
    await untilState(broadcaster.page, 'reconnecting')
    gateway = await startGateway({ SLUICE_HTTP_PORT: port })
    expect(new URL(gateway.url).hostname).toBe(hostname)
    await untilState(broadcaster.page, 'live', 40_000)
    await untilFresh(viewer.page, maxAgeMs, 60_000)
  })
})
