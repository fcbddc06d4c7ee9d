import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

export type TestBrowser = { context: BrowserContext; page: Page; close(): Promise<void> }

/** A headless Chromium of its own: a process and a profile that nothing else uses. */
export async function startBrowser({
  viewport = { width: 1280, height: 800 },
  ignoreHTTPSErrors = false,
} = {}): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'sluice-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.SLUICE_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport,
    ignoreHTTPSErrors,
    args: [
      // Root, as in containers, can't use Chromium's sandbox.
      '--no-sandbox',
      '--disable-gpu',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      // A closed network makes Chromium retry its own requests all the time.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Pages in the background must go on publishing.
      '--disable-background-timer-throttling',
      '--disable-renderer-backgrounding',
      '--disable-backgrounding-occluded-windows',
    ],
  })
  const page = context.pages()[0] ?? (await context.newPage())
  return {
    context,
    page,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
