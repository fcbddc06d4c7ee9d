import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Cleanup } from '../../src/cleanup.ts'
import { readClockAgeMs } from '../../test/support/clock-camera.ts'
import { goLive, isPlausible } from './go-live.ts'
import type { BenchOptions } from './options.ts'
import { summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { until } from './until.ts'

/** A player that just began is still finding its distance from the live edge. */
const settleMs = 20_000
const outageMs = 3_000
const timeoutMs = 60_000
/** Where a viewer has to be again after the outage. */
const backMs = 1_300

/** What a viewer of a running stream waits for: the first picture, and to be near live again after an outage. */
export async function measureWatch({ runs = 5 }: BenchOptions): Promise<Table[]> {
  const cleanup = new Cleanup()
  try {
    const { viewer, watchUrl } = await goLive('h264', cleanup)
    const firstMs: number[] = []
    for (let run = 0; run < runs; run += 1) firstMs.push(await openToFirstFrameMs(viewer.page, watchUrl))
    const backSeconds: number[] = []
    const settledSeconds: number[] = []
    for (let run = 0; run < runs; run += 1) {
      await delay(settleMs)
      settledSeconds.push(((await readClockAgeMs(viewer.page)) ?? Number.NaN) / 1_000)
      backSeconds.push((await outageToBackMs(viewer.page)) / 1_000)
    }
    const row = (what: string, values: readonly number[]) => [what, formatSummary(summarize(values), 2)]
    return [
      {
        title: `Watch page on a running stream, in seconds (${runs} runs)`,
        columns: ['from … to', 'seconds'],
        rows: [
          row(
            'page opened → first frame shown',
            firstMs.map((ms) => ms / 1_000),
          ),
          row('glass to glass before the outage', settledSeconds),
          row(
            `end of an outage of ${outageMs / 1_000} s → glass to glass below ${backMs / 1_000} s`,
            backSeconds,
          ),
        ],
        notes: [
          'Headless Chromium, H.264 at 1280x720 and 30 fps from a second one; hls.js with the page as it comes. First frame:',
          'from the start of the navigation to the first call of requestVideoFrameCallback. The outage: the page offline.',
        ],
      },
    ]
  } finally {
    await cleanup.run()
  }
}

async function openToFirstFrameMs(page: Page, url: string): Promise<number> {
  await page.goto('about:blank')
  await page.goto(url, { waitUntil: 'commit' })
  // `performance.now()` counts from the start of the navigation.
  return await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          const video = document.querySelector('video')
          if (video) video.requestVideoFrameCallback((nowMs) => resolve(nowMs))
          else requestAnimationFrame(look)
        }
        look()
      }),
  )
}

async function outageToBackMs(page: Page): Promise<number> {
  await page.context().setOffline(true)
  await delay(outageMs)
  await page.context().setOffline(false)
  const fromMs = performance.now()
  await until(`the picture is younger than ${backMs} ms`, timeoutMs, async () => {
    const ageMs = await readClockAgeMs(page)
    return isPlausible(ageMs) && ageMs < backMs
  })
  return performance.now() - fromMs
}
