import { afterAll, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Cleanup } from '../../src/cleanup.ts'
import { startWebKit } from '../support/browsers/webkit.ts'
import { startGateway } from '../support/gateway.ts'

const cleanup = new Cleanup()
afterAll(() => cleanup.run())

/** Each look interrupts a page that decodes and draws without a graphics card. */
const patience = { timeout: 50_000, interval: 500 }

const watchSchema = z.object({
  badge: z.string(),
  message: z.string(),
  paused: z.boolean(),
  muted: z.boolean(),
  seconds: z.number(),
  /** Frames shown since the page was opened. */
  frames: z.number(),
  soundOffered: z.boolean(),
})

it('WebKit, which refuses sound and pauses by rules of its own, plays a live stream', async () => {
  const gateway = await startGateway()
  cleanup.defer(() => gateway.close())
  const webkit = await startWebKit(cleanup)
  // Before the stream, and without parts, so that playing begins at its start: WebKitGTK with GStreamer 1.22 can freeze
  // in a jump before the first picture, as its main thread waits for a pad that GStreamer holds until then.
  await webkit.goto(`${gateway.url}/watch/demo?mode=smoothest`)
  await webkit.evaluate(`
    window.shownFrames = 0
    const video = document.querySelector('video')
    const count = () => {
      window.shownFrames += 1
      video.requestVideoFrameCallback(count)
    }
    video.requestVideoFrameCallback(count)`)
  await gateway.app.startDemo()
  const look = async () =>
    watchSchema.parse(
      await webkit.evaluate(`
        const video = document.querySelector('video')
        return {
          badge: document.querySelector('#latency').textContent,
          message: document.querySelector('#message').textContent,
          paused: video.paused,
          muted: video.muted,
          seconds: video.currentTime,
          frames: window.shownFrames,
          soundOffered: !document.querySelector('#sound-on').hidden,
        }`),
    )
  const untilItPlays = async (muted: boolean) => {
    const first = await look()
    await vi.waitFor(async () => {
      const last = await look()
      const plays = last.frames - first.frames > 20 && last.seconds - first.seconds > 2
      if (plays && last.muted === muted && !last.paused && last.badge.startsWith('Live')) return
      throw new Error(`${JSON.stringify(last)}, the stream is ${gateway.snapshot('demo')?.state}`)
    }, patience)
  }

  await untilItPlays(true)
  // Without sound, and with a button for it.
  expect(await look()).toMatchObject({ soundOffered: true })

  // WebKit does that by itself when its pipeline changes, and pauses a video that nobody allowed to have sound.
  await webkit.evaluate(`document.querySelector('video').muted = false`)
  await untilItPlays(true)

  await webkit.click('#sound-on')
  await untilItPlays(false)
  expect(await look()).toMatchObject({ soundOffered: false })

  await webkit.click('#play')
  await expect.poll(look, patience).toMatchObject({ badge: 'Paused', paused: true })
})
