import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { Cleanup } from '../../src/cleanup.ts'
import { startWebKit } from '../support/browsers/webkit.ts'
import { startGateway } from '../support/gateway.ts'

const cleanup = new Cleanup()
afterAll(() => cleanup.run())

const watchSchema = z.object({
  badge: z.string(),
  paused: z.boolean(),
  /** Frames shown since the first look. */
  frames: z.number(),
  soundOffered: z.boolean(),
})

it('WebKit, which unmutes and pauses by rules of its own, plays a live stream', async () => {
  const gateway = await startGateway()
  cleanup.defer(() => gateway.close())
  await gateway.app.startDemo()
  const webkit = await startWebKit(cleanup)
  await webkit.goto(`${gateway.url}/watch/demo`)
  await webkit.evaluate(`
    window.shownFrames = 0
    const video = document.querySelector('video')
    const count = () => {
      window.shownFrames += 1
      video.requestVideoFrameCallback(count)
    }
    video.requestVideoFrameCallback(count)`)
  const look = async () =>
    watchSchema.parse(
      await webkit.evaluate(`return {
        badge: document.querySelector('#latency').textContent,
        paused: document.querySelector('video').paused,
        frames: window.shownFrames,
        soundOffered: !document.querySelector('#sound-on').hidden,
      }`),
    )

  await expect.poll(look, { timeout: 40_000 }).toMatchObject({ badge: expect.stringMatching(/^Live/) })
  const { frames } = await look()
  await expect.poll(async () => (await look()).frames - frames, { timeout: 20_000 }).toBeGreaterThan(50)
  expect(await look()).toMatchObject({ paused: false, badge: expect.stringMatching(/^Live/) })
  // It plays without sound, and says how to get it.
  expect(await look()).toMatchObject({ soundOffered: true })

  await webkit.click('#sound-on')
  const { frames: withSound } = await look()
  await expect.poll(async () => (await look()).frames - withSound, { timeout: 20_000 }).toBeGreaterThan(50)
  expect(await look()).toMatchObject({ paused: false, soundOffered: false })

  await webkit.evaluate(`document.querySelector('video').pause()`)
  await expect.poll(look).toMatchObject({ badge: 'Paused' })
})
