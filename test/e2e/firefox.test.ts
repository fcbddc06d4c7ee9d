import { afterAll, expect, it } from 'vitest'
import { Cleanup } from '../../src/cleanup.ts'
import { startFirefox } from '../support/browsers/firefox.ts'
import { startCoturn } from '../support/coturn.ts'
import { startGateway } from '../support/gateway.ts'

const cleanup = new Cleanup()
afterAll(() => cleanup.run())

it('Firefox goes live, and plays what it publishes', async () => {
  // Firefox does not pair its addresses with a gateway on loopback; a relay's address it does.
  const gateway = await startGateway(await startCoturn(cleanup))
  cleanup.defer(() => gateway.close())
  const firefox = await startFirefox(cleanup)
  const publishing = await firefox.newPage()
  await publishing.goto(`${gateway.url}/publish/fox`)
  await publishing.evaluate(`document.querySelector('#go-live').click()`)
  const state = () => publishing.evaluate('return document.documentElement.dataset.state')
  await expect.poll(state, { timeout: 30_000 }).toBe('live')

  const watching = await firefox.newPage()
  await watching.goto(`${gateway.url}/watch/fox`)
  const badge = () => watching.evaluate(`return document.querySelector('#latency').textContent`)
  await expect.poll(badge, { timeout: 30_000 }).toMatch(/^Live/)
  const frames = async () =>
    Number(
      await watching.evaluate(
        `return document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames`,
      ),
    )
  const before = await frames()
  await expect.poll(async () => (await frames()) - before, { timeout: 20_000 }).toBeGreaterThan(30)
  expect(gateway.snapshot('fox')).toMatchObject({ state: 'live', tracks: [{}, {}] })
})
