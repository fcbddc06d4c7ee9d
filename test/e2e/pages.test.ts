import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { untilState } from '../support/pages.ts'

const phone = { width: 360, height: 740 }

describe('the pages', () => {
  let gateway: TestGateway
  let browser: TestBrowser
  const problems: string[] = []

  beforeAll(async () => {
    gateway = await startGateway()
    await gateway.app.startDemo()
    browser = await startBrowser({ viewport: phone })
    browser.page.on('pageerror', (error) => problems.push(error.message))
    // A strict policy that the pages themselves break shows up here only.
    browser.page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) problems.push(message.text())
    })
  })

  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  const open = async (path: string): Promise<Page> => {
    await browser.page.goto(`${gateway.url}${path}`)
    return browser.page
  }

  it.each([
    ['/', null],
    ['/publish/phone', null],
    ['/watch/demo', 'playing'],
  ])('%s fits a phone and breaks no policy', async (path, state) => {
    const page = await open(path)
    // A player with low latency always has a request waiting.
    if (state) await untilState(page, state)
    else await page.waitForLoadState('networkidle')
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    expect(problems).toEqual([])
  })

  it('lists live streams and leads to them', async () => {
    const page = await open('/')
    await page.getByRole('link', { name: /demo/ }).first().click()
    await page.waitForURL(`${gateway.url}/watch/demo`)
    await untilState(page, 'playing')
    expect(await page.locator('video').count()).toBe(1)
  })

  it('tells a second broadcaster that the name is taken', async () => {
    const page = await open('/publish/demo')
    await page.getByRole('button', { name: 'Go live' }).click()
    await untilState(page, 'error')
    await expect.poll(() => page.getByRole('status').first().textContent()).toContain('Choose another name')
  })
})
