import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Cleanup } from '../../../src/cleanup.ts'
import { BidiBrowser } from './bidi-browser.ts'

/** Made-up camera and microphone, and no question whether the page may use them. */
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // A closed network makes Firefox retry its own requests all the time.
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // The H.264 plugin would be a download.
  'media.gmp-manager.updateEnabled': false,
  // Takes a relay on loopback for what it is.
  'media.peerconnection.ice.loopback': true,
}

/**
 * A headless Firefox as Debian ships it.
 * @param cleanup ends it
 */
export async function startFirefox(cleanup: Cleanup): Promise<BidiBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'sluice-firefox-'))
  cleanup.defer(() => rm(profile, { recursive: true, force: true }))
  const userJs = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  )
  await writeFile(join(profile, 'user.js'), `${userJs.join('\n')}\n`)
  const binary = '/usr/bin/firefox-esr'
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']
  const child = spawn(binary, args, {
    // Another user's home, as under sudo, makes it refuse to start.
    env: { ...process.env, HOME: profile },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const closed = once(child, 'close')
  cleanup.defer(async () => {
    child.kill('SIGTERM')
    await closed
  })
  const lines = createInterface(child.stderr)
  const [url] = await Promise.race([
    new Promise<[string]>((resolve) => {
      lines.on('line', (line) => {
        const url = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
        if (url !== undefined) resolve([url])
      })
    }),
    closed.then(() => {
      throw new Error('Firefox ended before it listened')
    }),
  ])
  return await BidiBrowser.open(`${url}/session`)
}
