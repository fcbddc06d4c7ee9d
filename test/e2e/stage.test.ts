import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

let gateway: TestGateway
let browser: TestBrowser

beforeAll(async () => {
  gateway = await startGateway()
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})

async function enter(context: BrowserContext, path: string, name: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${gateway.url}${path}`)
  await page.getByLabel('Your name').fill(name)
  // The camera is there, so that the person brings it along.
  await page.waitForFunction(() => document.querySelector('video')?.srcObject !== null)
  await page.getByRole('button', { name: 'Join' }).click()
  return page
}

const inState = (page: Page, state: string) =>
  page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, state)

test('three people make a show: let in, put on stage, mixed, watched by HLS, ended', async () => {
  const { context } = browser
  const host = await enter(context, '/studio/talk', 'Hanna')
  await inState(host, 'inside')
  const guests: Page[] = []
  for (const name of ['Guido', 'Gina']) {
    const guest = await enter(context, '/join/talk', name)
    await inState(guest, 'waiting')
    await host.getByRole('button', { name: `Let in: ${name}` }).click()
    await inState(guest, 'inside')
    guests.push(guest)
  }
  for (const name of ['Hanna', 'Guido', 'Gina']) {
    await host.getByRole('button', { name: `Put on stage: ${name}` }).click()
    await host.getByRole('button', { name: `Take off stage: ${name}` }).waitFor()
  }
  // People see each other through the SFU.
  await host.waitForFunction(() => {
    const videos = [...document.querySelectorAll('.tile video')] as HTMLVideoElement[]
    return videos.length === 3 && videos.every((video) => video.videoWidth > 0)
  })
  await host.getByRole('button', { name: 'Go live', exact: true }).click()
  await host.getByRole('button', { name: 'End show' }).waitFor()
  const viewer = await context.newPage()
  await viewer.goto(`${gateway.url}/watch/talk`)
  await viewer.waitForFunction(() => document.documentElement.dataset.state === 'playing')
  await viewer.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) === 1280)
  await host.getByRole('button', { name: 'End show' }).click()
  await viewer.waitForFunction(() => document.documentElement.dataset.state === 'ended')
  await Promise.all([...guests, host].map((page) => page.getByRole('button', { name: 'Leave' }).click()))
  expect(gateway.snapshot('talk')?.state).toBe('idle')
})
