import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Cleanup } from '../../src/cleanup.ts'
import { startBrowser } from '../../test/support/browsers/chromium.ts'
import { installClockCamera, readClockAgeMs } from '../../test/support/clock-camera.ts'
import { publishFromPage } from '../../test/support/whip-page.ts'
import { type ClipCodec, clipText, makeClip } from './clips.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { startViewers } from './load/viewers.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { coresBetween, sampleProcesses } from './processes.ts'
import { median, percentile } from './stats.ts'
import type { Table } from './table.ts'
import { until } from './until.ts'

const viewers = 100
const sampleEveryMs = 250
const settleMs = 4_000
const joins = 5
const timeoutMs = 30_000

/** Real time: latency and start in a browser, then what many viewers cost. */
export async function measureWhep(options: BenchOptions, machine: Machine): Promise<Table[]> {
  const { seconds = 30 } = options
  return [await latency(seconds), await fanOut(seconds, machine)]
}

async function withGateway<T>(work: (gateway: GatewayProcess, cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup()
  try {
    const gateway = await startGatewayProcess()
    cleanup.defer(async () => {
      await gateway.close()
      for (const line of gateway.complaints) console.error(`  gateway: ${line}`)
    })
    return await work(gateway, cleanup)
  } finally {
    await cleanup.run()
  }
}

async function latency(seconds: number): Promise<Table> {
  const rows: string[][] = []
  for (const codec of ['h264', 'vp8'] as const) {
    const { agesMs, firstPictureMs } = await playInBrowser(codec, seconds)
    const cell = (share: number) => percentile(agesMs, share).toFixed(0)
    rows.push([
      codec === 'h264' ? 'H.264' : 'VP8',
      cell(0.5),
      cell(0.95),
      cell(1),
      String(agesMs.length),
      median(firstPictureMs).toFixed(0),
      Math.max(...firstPictureMs).toFixed(0),
    ])
  }
  return {
    title: `WHEP: glass to glass in ms, and ms from the POST to the first picture (${seconds} s, ${joins} joins)`,
    columns: ['codec', 'median', '95 %', 'most', 'samples', 'first picture', 'slowest'],
    rows,
    notes: [
      'Publisher: headless Chromium by WHIP, canvas camera 640x360 at 30 fps and a tone. Viewer: the watch page in another one.',
      'Both encode, decode and draw on the cores of this machine.',
    ],
  }
}

async function playInBrowser(codec: ClipCodec, seconds: number) {
  return await withGateway(async (gateway, cleanup) => {
    const publisher = await startBrowser()
    cleanup.defer(() => publisher.close())
    const viewer = await startBrowser()
    cleanup.defer(() => viewer.close())
    await installClockCamera(publisher.page, { width: 640, height: 360, framesPerSecond: 30 })
    await publisher.page.goto(`${gateway.url}/`)
    await publishFromPage(publisher.page, 'live', codec)
    await viewer.page.addInitScript(() => {
      addEventListener('loadeddata', () => performance.mark('picture'), { capture: true, once: true })
    })
    const firstPictureMs: number[] = []
    for (let join = 0; join < joins; join += 1) firstPictureMs.push(await firstPicture(gateway, viewer.page))
    await delay(settleMs)
    const agesMs: number[] = []
    const endMs = performance.now() + seconds * 1_000
    while (performance.now() < endMs) {
      const age = await readClockAgeMs(viewer.page)
      if (age !== null && age > 0 && age < 10_000) agesMs.push(age)
      await delay(sampleEveryMs)
    }
    return { agesMs, firstPictureMs }
  })
}

/** Opens the watch page. @returns ms from its POST to the first decoded picture. */
async function firstPicture(gateway: GatewayProcess, page: Page): Promise<number> {
  await page.goto(`${gateway.url}/watch/live?mode=realtime`)
  const read = () =>
    page.evaluate(() => {
      const posted = performance
        .getEntriesByType('resource')
        .find(({ name }) => name.includes('/whep/'))?.startTime
      const [picture] = performance.getEntriesByName('picture')
      return posted === undefined || !picture ? null : picture.startTime - posted
    })
  await until('a picture plays', timeoutMs, async () => (await read()) !== null)
  return (await read()) ?? Number.NaN
}

async function fanOut(seconds: number, machine: Machine): Promise<Table> {
  const { ffmpegBinary } = machine
  const clip = await makeClip('h264', ffmpegBinary)
  const row = await withGateway(async (gateway, cleanup) => {
    const load = await startViewers({
      gatewayUrl: gateway.url,
      stream: 'live',
      clip,
      ffmpegBinary,
      count: viewers,
    })
    cleanup.defer(() => load.close())
    const [before, sampleBefore] = [await load.report(), sampleProcesses(gateway.pid)]
    await delay(seconds * 1_000)
    const [after, sampleAfter] = [await load.report(), sampleProcesses(gateway.pid)]
    const cores = coresBetween(sampleBefore, sampleAfter)
    const elapsed = (sampleAfter.atMs - sampleBefore.atMs) / 1_000
    const packets = after.packets - before.packets
    const lost = after.lost - before.lost
    return [
      String(after.viewers),
      ((after.frames - before.frames) / viewers / elapsed).toFixed(1),
      (((after.bytes - before.bytes) * 8) / elapsed / 1e6).toFixed(0),
      `${lost} (${((100 * lost) / (packets + lost)).toFixed(3)} %)`,
      cores.worker.toFixed(3),
      ((cores.worker * 1_000) / viewers).toFixed(2),
      (viewers / cores.worker).toFixed(0),
      median(after.firstPacketMs).toFixed(0),
    ]
  })
  return {
    title: `WHEP: one publisher to ${viewers} viewers (${seconds} s)`,
    columns: [
      'viewers',
      'frames/s each',
      'Mbit/s',
      'lost packets',
      'worker cores',
      'mcore each',
      'viewers per core',
      'first packet ms',
    ],
    rows: [row],
    notes: [
      `Clip: ${clipText}. Two consumers per viewer.`,
      'Publisher and viewers: libdatachannel in one process of their own, decrypting and counting; it shares the machine with the gateway.',
      'First packet: after the POST, with a keyframe only every 2 s.',
    ],
  }
}
