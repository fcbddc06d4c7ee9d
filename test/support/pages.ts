import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { z } from 'zod'
import { readClockAgeMs } from './clock-camera.ts'

const watchingSchema = z.object({
  /** What the page says of itself: waiting, loading, playing, reconnecting, ended. */
  state: z.string(),
  stalls: z.coerce.number(),
  currentSeconds: z.number(),
  /** Grows while sound is decoded. */
  decodedAudioBytes: z.number(),
  droppedFrames: z.number(),
  totalFrames: z.number(),
})

export type Watching = z.infer<typeof watchingSchema>

/** What a watch page is doing right now. */
export async function readWatching(page: Page): Promise<Watching> {
  const facts: unknown = await page.evaluate(() => {
    const video = document.querySelector('video')
    const quality = video?.getVideoPlaybackQuality()
    const { state, stalls } = document.documentElement.dataset
    return {
      state,
      stalls,
      currentSeconds: video?.currentTime,
      decodedAudioBytes:
        video && 'webkitAudioDecodedByteCount' in video ? video.webkitAudioDecodedByteCount : 0,
      droppedFrames: quality?.droppedVideoFrames,
      totalFrames: quality?.totalVideoFrames,
    }
  })
  return watchingSchema.parse(facts)
}

/** The `data-state` of the publish or watch page. */
export function pageState(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.documentElement.dataset.state)
}

/** Waits until the page says that it is in this state. */
export async function untilState(page: Page, state: string, timeoutMs = 30_000): Promise<void> {
  await expect.poll(() => pageState(page), { timeout: timeoutMs, interval: 100 }).toBe(state)
}

/** Waits until the watch page plays and its picture shows a clock that runs: its age is below a bound. */
export async function untilFresh(page: Page, maxAgeMs: number, timeoutMs = 30_000): Promise<void> {
  await untilState(page, 'playing', timeoutMs)
  await expect
    .poll(() => readClockAgeMs(page).then((ageMs) => ageMs !== null && ageMs > 0 && ageMs < maxAgeMs), {
      timeout: timeoutMs,
      interval: 200,
    })
    .toBe(true)
}

/** Watches while the video's own time moves on by `seconds`; the age is that of the frames shown. */
export async function watchFor(
  page: Page,
  seconds: number,
): Promise<{ medianAgeMs: number; before: Watching; after: Watching }> {
  const before = await readWatching(page)
  const agesMs: number[] = []
  await expect
    .poll(
      async () => {
        const ageMs = await readClockAgeMs(page)
        if (ageMs !== null) agesMs.push(ageMs)
        return (await readWatching(page)).currentSeconds - before.currentSeconds
      },
      { timeout: seconds * 1_000 + 20_000, interval: 250 },
    )
    .toBeGreaterThanOrEqual(seconds)
  const medianAgeMs = agesMs.sort((a, b) => a - b)[Math.floor(agesMs.length / 2)] ?? Number.NaN
  return { medianAgeMs, before, after: await readWatching(page) }
}
