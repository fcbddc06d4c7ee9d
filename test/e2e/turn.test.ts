import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { iceServersOf } from '../../player/src/watch/whep-offer.ts'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser } from '../support/browsers/chromium.ts'
import { installClockCamera } from '../support/clock-camera.ts'
import { freePort } from '../support/free-ports.ts'
import { startGateway } from '../support/gateway.ts'
import { RtcHttp } from '../support/rtc-http.ts'
import { publishFromPage } from '../support/whip-page.ts'

const secret = 'a-secret-of-the-test'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

/** coturn with the configuration of the compose profile, on loopback. */
async function startCoturn(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-turn-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const shipped = await readFile(join(import.meta.dirname, '../../docker/coturn/turnserver.conf'), 'utf8')
  const own = [
    `static-auth-secret=${secret}`,
    'listening-ip=127.0.0.1',
    'relay-ip=127.0.0.1',
    'allow-loopback-peers',
    // As start.sh writes it: nothing but the gateway.
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'allowed-peer-ip=127.0.0.1',
  ]
  const file = join(folder, 'turnserver.conf')
  const text = shipped
    .replace('listening-port=3478', `listening-port=${port}`)
    .replaceAll('/tmp/', `${folder}/`)
  await writeFile(file, `${text}\n${own.join('\n')}\n`)
  const child = spawn('turnserver', ['-c', file], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  cleanup.defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  // It says when it listens, but into a buffer.
  await vi.waitFor(() => connectTo(port), { timeout: 10_000, interval: 50 })
  return port
}

async function connectTo(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}

it('lets a browser through that can only be relayed, with the password that the gateway made', async () => {
  const port = await startCoturn()
  const gateway = await startGateway({
    SLUICE_TURN_URLS: JSON.stringify([`turn:127.0.0.1:${port}?transport=udp`]),
    SLUICE_TURN_SECRET: secret,
  })
  cleanup.defer(() => gateway.close())
  const browser = await startBrowser()
  cleanup.defer(() => browser.close())
  const { response } = await new RtcHttp(gateway).open('first')
  const iceServers = iceServersOf(response.headers.get('link'))
  expect(iceServers).toHaveLength(1)
  await installClockCamera(browser.page, { width: 320, height: 180, framesPerSecond: 15 })
  await browser.page.goto(`${gateway.url}/`)

  await publishFromPage(browser.page, 'relayed', 'vp8', { iceServers, iceTransportPolicy: 'relay' })
  await expect.poll(() => localCandidateType(browser.page), { timeout: 20_000 }).toBe('relay')
  await expect.poll(() => gateway.snapshot('relayed')?.tracks.every(({ active }) => active)).toBe(true)

  // A password that was not made with the secret.
  const wrong = iceServers.map((server) => ({ ...server, credential: 'wrong' }))
  await publishFromPage(browser.page, 'stranger', 'vp8', { iceServers: wrong, iceTransportPolicy: 'relay' })
  await expect.poll(() => gatheringState(browser.page), { timeout: 20_000 }).toBe('complete')
  expect(await localCandidates(browser.page)).toEqual([])
})

/** The types of the addresses that the page's publishing connection found for itself: `host`, `relay`, … */
async function localCandidates(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    if (!('publishing' in window) || !(window.publishing instanceof RTCPeerConnection)) return []
    const report = await window.publishing.getStats()
    return [...report.values()]
      .filter(({ type }) => type === 'local-candidate')
      .map(({ candidateType }) => String(candidateType))
  })
}

async function gatheringState(page: Page): Promise<string | null> {
  return await page.evaluate(() =>
    'publishing' in window && window.publishing instanceof RTCPeerConnection
      ? window.publishing.iceGatheringState
      : null,
  )
}

/** How the page's publishing connection gets through: `host`, `relay`, …; null when it does not. */
async function localCandidateType(page: Page): Promise<string | null> {
  return await page.evaluate(async () => {
    if (!('publishing' in window) || !(window.publishing instanceof RTCPeerConnection)) return null
    const report = await window.publishing.getStats()
    const all = [...report.values()]
    const pair = all.find(
      ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
    )
    return all.find(({ id }) => id === pair?.localCandidateId)?.candidateType ?? null
  })
}
