import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { password } from '../support/access-setup.ts'
import { startBrowser, type TestBrowser } from '../support/browsers/chromium.ts'
import { startRoutes } from '../support/routes-server.ts'

const phone = { width: 390, height: 844 }

/** The pages of operators, on a gateway without media. */
describe('the page of operators', () => {
  const cleanup = new Cleanup()
  const problems: string[] = []
  let browser: TestBrowser
  let url: string
  let link: string

  beforeAll(async () => {
    const pages = join(import.meta.dirname, '../../player/dist')
    const { app } = await startRoutes(cleanup, { SLUICE_ACCESS: 'required' }, undefined, pages)
    url = await app.server.listen({ host: '127.0.0.1', port: 0 })
    const { id } = await app.access.users.create({ name: 'ann', operator: true })
    link = (await app.access.users.newLink(id, 3_600)).secret
    // Locked for as long as it gets.
    for (let guess = 0; guess < 40; guess += 1) app.access.addressLockouts.failed('203.0.113.9')
    browser = await startBrowser({ viewport: phone })
    browser.page.on('pageerror', (error) => problems.push(error.message))
    browser.page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) problems.push(message.text())
    })
  })
  afterAll(async () => {
    await browser?.close()
    await cleanup.run()
  })

  /** Presses Tab until an element with this name has the focus. */
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate(() => {
        const element = document.activeElement
        const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null
        return element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? ''
      })
      if (name.test(focused.trim())) return
    }
    throw new Error(`no element named ${name} is reached by Tab`)
  }

  async function fits(page: Page): Promise<void> {
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
  }

  it('shows nothing to others, and leads to the sign-in', async () => {
    const { page } = browser
    await page.goto(`${url}/admin`)
    await page.getByText('Only operators may see this page.').waitFor()
    expect(await page.getByRole('heading', { name: 'Publish keys' }).isVisible()).toBe(false)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.waitForURL(`${url}/login`)
    await fits(page)
  })

  it('is reached by the link and a password, with the keyboard alone', async () => {
    const { page } = browser
    await page.goto('about:blank')
    await page.goto(`${url}/login#link=${link}`)
    await tabTo(page, /^Password/)
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await page.getByText('You are signed in as ann.').waitFor()
    await fits(page)
    await tabTo(page, /^Administration/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Publish keys' }).waitFor()
    await page.getByText('may try again in').waitFor()
    await fits(page)
  })

  it('makes and revokes a key with the keyboard alone', async () => {
    const { page } = browser
    await tabTo(page, /^Add a key/)
    await page.keyboard.press('Enter')
    await tabTo(page, /^Stream/)
    await page.keyboard.type('show')
    await tabTo(page, /^Label/)
    await page.keyboard.type('OBS at home')
    await page.keyboard.press('Enter')
    const secret = page.getByRole('textbox', { name: /^The key of show/ })
    await secret.waitFor()
    expect(await secret.inputValue()).toMatch(/^slk_/)
    await fits(page)
    await tabTo(page, /^Done/)
    await page.keyboard.press('Enter')
    expect(await secret.isVisible()).toBe(false)
    const row = page.getByRole('listitem').filter({ hasText: 'OBS at home' })
    await row.waitFor()
    await tabTo(page, /^Revoke: OBS at home/)
    await page.keyboard.press('Enter')
    expect(await row.isVisible()).toBe(true)
    await page.keyboard.press('Enter')
    await row.waitFor({ state: 'detached' })
  })

  it('adds a person, a token and a webhook, and lets an address in again', async () => {
    const { page } = browser
    const add = async (what: string, fields: Record<string, string>, submit: string): Promise<string> => {
      await page.getByText(what, { exact: true }).click()
      const form = page.locator('details[open] form').filter({ hasText: submit })
      for (const [name, text] of Object.entries(fields)) await form.locator(`[name="${name}"]`).fill(text)
      await form.getByRole('button', { name: submit }).click()
      const shown = page.locator('#admin-secret-text')
      await shown.waitFor()
      const secret = await shown.inputValue()
      await page.getByRole('button', { name: 'Done' }).click()
      return secret
    }
    expect(await add('Add a person', { name: 'carol', stream: 'show' }, 'Make a link')).toMatch(
      /^http:.*\/login#link=sll_/,
    )
    expect(await add('Add a token', { label: 'Prometheus' }, 'Make a token')).toMatch(/^slt_/)
    expect(await add('Add a webhook', { url: 'https://hooks.example/a' }, 'Make a webhook')).toMatch(
      /^whsec_/,
    )
    await page.getByText('owner of show · has set no password yet').waitFor()
    await page.getByText('read, all streams · never used').waitFor()
    await page.getByText('all events · all streams · 0 delivered').waitFor()
    await fits(page)
    await page.getByRole('button', { name: 'Let in: 203.0.113.9' }).click()
    await page.getByText('No account and no address has to wait after failed attempts.').waitFor()
    if (process.env.SHOTS) {
      await page.screenshot({ path: `${process.env.SHOTS}/phone.png`, fullPage: true })
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.screenshot({ path: `${process.env.SHOTS}/wide.png`, fullPage: true })
    }
    expect(problems).toEqual([])
  })
})
