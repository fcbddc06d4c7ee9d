import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Cleanup } from '../../src/cleanup.ts'
import { startNginxRtmp } from '../../test/support/nginx-rtmp.ts'
import { TargetsClient } from '../../test/support/targets-client.ts'
import { clipText } from './clips.ts'
import type { GatewayProcess } from './gateway-process.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { coresBetween, type Sample, sampleProcesses } from './processes.ts'
import { measureFaults } from './restream-faults.ts'
import { median, summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { until } from './until.ts'
import { withStreams } from './with-streams.ts'

const counts = [0, 10]
const settleMs = 4_000

/** What RTMP targets cost, and how their faults are dealt with. */
export async function measureRestream(
  { runs = 3, seconds = 20 }: BenchOptions,
  machine: Machine,
): Promise<Table[]> {
  const key = `secret-${randomUUID()}`
  const cleanup = new Cleanup()
  try {
    return await withStreams(
      { codec: 'h264', streams: 1, machine, settings: { SLUICE_RESTREAM_ALLOW_PRIVATE: 'true' } },
      async (gateway) => {
        const targets = new TargetsClient(gateway.url, 'bench1')
        const cost = await measureCost(gateway, targets, cleanup, key, runs, seconds)
        const [stream] = await gateway.snapshot()
        const streamBytesPerSecond = (stream?.feed?.bitrateBps ?? 0) / 8
        const results = await measureFaults({ targets, cleanup, key, streamBytesPerSecond })
        const found = `${targets.said}${gateway.complaints.join('')}`.split(key).length - 1
        const time = (ms: number | null) => (ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`)
        return [
          cost,
          {
            title: 'Faults of RTMP servers, all at the same time on one stream',
            columns: ['the server', 'noticed after', 'back after', 'what the API said'],
            rows: results.map(({ fault, noticedMs, recoveredMs, said }) => [
              fault,
              time(noticedMs),
              time(recoveredMs),
              said,
            ]),
            notes: [
              'Back after: media arrives again, counted from when the server is well again.',
              `The stream has ${((streamBytesPerSecond * 8) / 1e6).toFixed(1)} Mbit/s: of a slower one, the kernels' buffers hide a stall longer.`,
              `The stream key was found ${found} times in ${targets.said.length} characters of answers and in the log's warnings.`,
            ],
          },
        ]
      },
    )
  } finally {
    await cleanup.run()
  }
}

async function measureCost(
  gateway: GatewayProcess,
  targets: TargetsClient,
  cleanup: Cleanup,
  key: string,
  runs: number,
  seconds: number,
): Promise<Table> {
  const most = Math.max(...counts)
  const names = Array.from({ length: most }, (_, index) => `app${index}`)
  const nginx = await startNginxRtmp({ applications: names })
  cleanup.defer(() => nginx.stop())
  const samples: Sample[][] = []
  let there = 0
  for (const count of counts) {
    for (; there < count; there += 1) {
      const name = names[there] ?? ''
      await targets.add({ name, url: nginx.url.replace(/[^/]+$/, name), key })
    }
    await until('all targets are live', 30_000, async () => {
      const states = await Promise.all(names.slice(0, there).map((name) => targets.get(name)))
      return states.every(({ state }) => state === 'live')
    })
    await delay(settleMs)
    const taken = [sampleProcesses(gateway.pid)]
    for (let run = 0; run < runs; run += 1) {
      await delay(seconds * 1_000)
      taken.push(sampleProcesses(gateway.pid))
    }
    samples.push(taken)
  }
  for (const name of names) await targets.remove(name)
  const [without = [], withTargets = []] = samples
  const windows = (taken: readonly Sample[]) =>
    taken.slice(1).map((to, index) => coresBetween(taken[index] ?? to, to))
  const cores = (part: 'gateway' | 'ffmpeg') => {
    const base = median(windows(without).map((window) => window[part]))
    return formatSummary(summarize(windows(withTargets).map((window) => (window[part] - base) / most)), 4)
  }
  const megabytes = (part: 'gateway' | 'ffmpeg', of: 'rssKb' | 'pssKb') => {
    const middle = (taken: readonly Sample[]) => median(taken.slice(1).map((sample) => sample[of][part]))
    return ((middle(withTargets) - middle(without)) / most / 1024).toFixed(1)
  }
  return {
    title: `RTMP targets: what each of ${most} adds to one stream (${runs} × ${seconds} s)`,
    columns: ['part', 'cores', 'RSS MB', 'PSS MB'],
    rows: (['gateway', 'ffmpeg'] as const).map((part) => [
      part,
      cores(part),
      megabytes(part, 'rssKb'),
      megabytes(part, 'pssKb'),
    ]),
    notes: [
      `Clip: ${clipText}.`,
      'Targets: applications of one nginx-rtmp on the same machine, which is not counted.',
      'gateway: the relay of each push runs in it. ffmpeg: one per target.',
    ],
  }
}
