import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Cleanup } from '../../src/cleanup.ts'
import { readClockAgeMs } from '../../test/support/clock-camera.ts'
import type { ClipCodec } from './clips.ts'
import { goLive, isPlausible } from './go-live.ts'
import type { BenchOptions } from './options.ts'
import { percentile, summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'

const sampleEveryMs = 500
/** A player that just began is still finding its distance from the live edge. */
const settleMs = 5_000

type Playback = { agesMs: readonly number[]; unreadable: number; stalls: number }

/** Glass to glass, from browser to browser. */
export async function measureLatency({ runs = 1, seconds = 60 }: BenchOptions): Promise<Table[]> {
  const cells: string[][] = []
  for (const codec of ['h264', 'vp8'] as const) {
    const playbacks: Playback[] = []
    for (let run = 0; run < runs; run += 1) playbacks.push(await playOnce(codec, seconds))
    const cell = (share: number) =>
      formatSummary(summarize(playbacks.map(({ agesMs }) => percentile(agesMs, share) / 1_000)), 2)
    cells.push([
      codec === 'h264' ? 'H.264 copied' : 'VP8 transcoded',
      cell(0),
      cell(0.5),
      cell(0.95),
      cell(1),
      String(playbacks.reduce((sum, { stalls }) => sum + stalls, 0)),
      String(playbacks.reduce((sum, { agesMs }) => sum + agesMs.length, 0)),
      String(playbacks.reduce((sum, { unreadable }) => sum + unreadable, 0)),
    ])
  }
  return [
    {
      title: `Latency: glass to glass in seconds (${runs} × ${seconds} s for each codec)`,
      columns: ['codec', 'least', 'median', 'p95', 'most', 'stalls', 'samples', 'unreadable'],
      rows: cells,
      notes: [
        'Two headless Chromium processes on this machine: publish page (canvas camera with a clock, 1280x720 at 30 fps, software',
        `encoder) and watch page (hls.js). Age of the clock in the picture on show, read every ${sampleEveryMs / 1_000} s, from ${settleMs / 1_000} s after the start of`,
        'playback. Stalls: as the watch page counts them, over the whole playback.',
      ],
    },
  ]
}

async function playOnce(codec: ClipCodec, seconds: number): Promise<Playback> {
  const cleanup = new Cleanup()
  try {
    const { viewer } = await goLive(codec, cleanup)
    await delay(settleMs)
    return await sample(viewer.page, seconds)
  } finally {
    await cleanup.run()
  }
}

async function sample(page: Page, seconds: number): Promise<Playback> {
  const ages: (number | null)[] = []
  const endMs = performance.now() + seconds * 1_000
  while (performance.now() < endMs) {
    ages.push(await readClockAgeMs(page))
    await delay(sampleEveryMs)
  }
  const agesMs = ages.filter(isPlausible)
  const stalls = await page.evaluate(() => document.documentElement.dataset.stalls)
  return { agesMs, unreadable: ages.length - agesMs.length, stalls: Number(stalls) }
}
