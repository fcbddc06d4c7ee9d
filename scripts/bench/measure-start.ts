import { setTimeout as delay } from 'node:timers/promises'
import type { StreamSnapshot } from '../../src/streams/stream-snapshot.ts'
import { startBrowser, type TestBrowser } from '../../test/support/browsers/chromium.ts'
import { installClockCamera } from '../../test/support/clock-camera.ts'
import type { ClipCodec } from './clips.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import type { BenchOptions } from './options.ts'
import { summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { until } from './until.ts'

const timeoutMs = 30_000
const pollMs = 20

/** Seconds after the click on "Go live". */
type Start = { entered: number; rtp: number; fragment: number; playable: number }

/** Time from going live to the first playlist. */
export async function measureStart({ runs = 5 }: BenchOptions): Promise<Table[]> {
  const cells: string[][] = []
  for (const codec of ['h264', 'vp8'] as const) {
    const starts = await startsOf(codec, runs)
    const cell = (of: (start: Start) => number) => formatSummary(summarize(starts.map(of)), 2)
    cells.push([
      codec === 'h264' ? 'H.264 copied' : 'VP8 transcoded',
      cell(({ entered }) => entered),
      cell(({ entered, rtp }) => rtp - entered),
      cell(({ rtp, fragment }) => fragment - rtp),
      cell(({ fragment, playable }) => playable - fragment),
      cell(({ entered, playable }) => playable - entered),
      cell(({ rtp, playable }) => playable - rtp),
    ])
  }
  return [
    {
      title: `Start: seconds from one step to the next (${runs} runs)`,
      columns: [
        'codec',
        'click → publisher is in',
        '→ first RTP',
        '→ first fragment',
        '→ playable',
        'in → playable',
        'RTP → playable',
      ],
      rows: cells,
      notes: [
        'Publisher: a real headless Chromium with the publish page, canvas camera 1280x720 at 30 fps and a tone, software encoder on this machine.',
        'Each run is another stream of the same gateway and a new page. Median (least–most).',
        `Playable: the first segment is complete. Seen from outside by asking the API every ${pollMs} ms.`,
      ],
    },
  ]
}

async function startsOf(codec: ClipCodec, runs: number): Promise<Start[]> {
  const gateway = await startGatewayProcess()
  try {
    const browser = await startBrowser()
    try {
      await installClockCamera(browser.page, { width: 1280, height: 720, framesPerSecond: 30 })
      const starts: Start[] = []
      for (let run = 0; run < runs; run += 1)
        starts.push(await startOnce(gateway, browser, codec, `start${run + 1}`))
      return starts
    } finally {
      await browser.close()
    }
  } finally {
    await gateway.close()
    for (const line of gateway.complaints) console.error(`  gateway: ${line}`)
  }
}

async function startOnce(
  gateway: GatewayProcess,
  { page }: TestBrowser,
  codec: ClipCodec,
  name: string,
): Promise<Start> {
  await page.goto(`${gateway.url}/publish/${name}?codec=${codec}`)
  const button = page.getByRole('button', { name: 'Go live' })
  await button.waitFor()
  // The preview has begun: opening the camera is no part of going live.
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0)
  const clickedMs = Date.now()
  await button.click()
  const seen: Partial<Record<keyof Start, number>> = {}
  const note = (step: keyof Start, happened: boolean): void => {
    if (happened) seen[step] ??= (Date.now() - clickedMs) / 1_000
  }
  await until(
    'the stream is playable',
    timeoutMs,
    async () => {
      const stream = await find(gateway, name)
      note('entered', stream !== undefined)
      note('rtp', stream?.tracks.some(({ kind, active }) => kind === 'video' && active) === true)
      note('fragment', (stream?.feed?.fragments ?? 0) > 0)
      note('playable', stream?.hls?.playable === true)
      return seen.playable !== undefined
    },
    pollMs,
  )
  await page.getByRole('button', { name: 'Stop' }).click()
  await until('the stream has ended', timeoutMs, async () => (await find(gateway, name))?.state === 'idle')
  // The encoder of this run ends before the next one begins.
  await delay(500)
  const { entered = 0, rtp = 0, fragment = 0, playable = 0 } = seen
  return { entered, rtp, fragment, playable }
}

async function find(gateway: GatewayProcess, name: string): Promise<StreamSnapshot | undefined> {
  return (await gateway.snapshot()).find((stream) => stream.name === name)
}
