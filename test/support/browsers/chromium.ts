import { type BrowserContext, chromium, type Page } from 'playwright-core'

/** A page with cookies and storage of its own. */
export type TestWindow = { context: BrowserContext; page: Page }

export type TestBrowser = TestWindow & {
  /** Another window in the same process, which shares nothing with the first one. */
  open(options?: WindowOptions): Promise<TestWindow>
  close(): Promise<void>
}

type WindowOptions = { viewport?: { width: number; height: number }; ignoreHTTPSErrors?: boolean }

/** A headless Chromium with one window. */
export async function startBrowser(options: WindowOptions = {}): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: process.env.SLUICE_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
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
  const open = async ({ viewport = { width: 1280, height: 800 }, ...more }: WindowOptions = {}) => {
    const context = await browser.newContext({ viewport, ...more })
    return { context, page: await context.newPage() }
  }
  return { ...(await open(options)), open, close: () => browser.close() }
}
