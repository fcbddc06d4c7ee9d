import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Cleanup } from '../../../src/cleanup.ts'
import { freePort } from '../free-ports.ts'
import { WebDriver } from './webdriver.ts'

/** Debian's folder of libraries for this processor. */
const libraries = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`
const miniBrowser = `${libraries}/webkit2gtk-4.1/MiniBrowser`

/**
 * WebKitGTK's own small browser, on a screen of its own: the engine nearest to Safari that runs on Linux.
 * @param cleanup ends it, its driver and its screen
 */
export async function startWebKit(cleanup: Cleanup): Promise<WebDriver> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-webkit-'))
  cleanup.defer(() => rm(home, { recursive: true, force: true }))
  const port = await freePort()
  const webDriver = run(cleanup, 'WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    ...process.env,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    DISPLAY: await startScreen(cleanup),
    GDK_BACKEND: 'x11',
    // What the machine's settings and sound system say is of no interest.
    GSETTINGS_BACKEND: 'memory',
    NO_AT_BRIDGE: '1',
    // Nor are sound cards: with this first, GStreamer tries none.
    GST_PLUGIN_FEATURE_RANK: 'fakeaudiosink:MAX',
  })
  webDriver.stdout.resume()
  const driver = await WebDriver.open(`http://127.0.0.1:${port}`, {
    'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
  })
  cleanup.defer(() => driver.close())
  return driver
}

/** A screen that exists in memory only; its name for DISPLAY. */
async function startScreen(cleanup: Cleanup): Promise<string> {
  const screen = run(cleanup, 'Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'])
  // It takes a number that is free, and writes it when it listens.
  const [number]: unknown[] = await once(createInterface(screen.stdout), 'line')
  return `:${String(number)}`
}

function run(cleanup: Cleanup, program: string, args: readonly string[], env = process.env) {
  // Its complaints about the sound card and the desktop that a server lacks are no news.
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const closed = once(child, 'close')
  cleanup.defer(async () => {
    child.kill('SIGTERM')
    await closed
  })
  return child
}
