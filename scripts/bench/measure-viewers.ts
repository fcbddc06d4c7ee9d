import { clipText } from './clips.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { coresBetween, sampleProcesses } from './processes.ts'
import { median, percentile, summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { startViewers, type ViewersRun } from './viewers/viewers.ts'
import { withStreams } from './with-streams.ts'

const crowds = [
  { viewers: 300, parts: true },
  { viewers: 2000, parts: true },
  // What waiting costs without the media, which on one machine is copied from one process to the other.
  { viewers: 2000, parts: false },
]

/** Viewers of Low-Latency HLS who all wait for the same part. */
export async function measureViewers(
  { runs = 3, seconds = 20 }: BenchOptions,
  machine: Machine,
): Promise<Table[]> {
  const rows: string[][] = []
  for (const crowd of crowds) rows.push(await row(crowd, runs, seconds, machine))
  return [
    {
      title: `Low-Latency HLS: blocking reloads of one stream (${runs} × ${seconds} s)`,
      columns: [
        'viewers',
        'p50 ms',
        'p95 ms',
        'max ms',
        'reloads/s',
        'parts/s',
        'MB/s',
        'gateway cores',
        'RSS MB before',
        'RSS MB with',
        'viewers cores',
      ],
      rows,
      notes: [
        `Clip: ${clipText}.`,
        "ms: from the part coming out of the packager (the feed's newestAt) to the last byte of the playlist that lists it, read by the viewer.",
        'Each viewer holds two HTTP/1.1 connections: on one a blocking reload after the other (_HLS_msn, _HLS_part, _HLS_skip, gzip), on the other each new part (or none).',
        'The viewers are one process, which shares the cores with the gateway, its packager and the publisher; what they are slower is in the figures.',
        'Median (least–most) of the runs, one after the other in the same gateway.',
      ],
    },
  ]
}

async function row(
  { viewers, parts }: (typeof crowds)[number],
  runs: number,
  seconds: number,
  machine: Machine,
): Promise<string[]> {
  const settings = { SLUICE_LOW_LATENCY: 'true' }
  const work = { codec: 'h264', streams: 1, machine, settings } as const
  return await withStreams(work, async (gateway) => {
    const before = sampleProcesses(gateway.pid)
    const crowd = await startViewers({ gatewayUrl: gateway.url, stream: 'bench1', viewers, parts })
    try {
      const results: (ViewersRun & { gatewayCores: number; rssMb: number })[] = []
      for (let run = 0; run < runs; run += 1) {
        const from = sampleProcesses(gateway.pid)
        const result = await crowd.measure(seconds)
        const to = sampleProcesses(gateway.pid)
        const gatewayCores = coresBetween(from, to).gateway
        results.push({ ...result, gatewayCores, rssMb: to.rssKb.gateway / 1024 })
      }
      const failures = results.at(-1)?.failures ?? []
      if (failures.length > 0)
        console.error(`  ${failures.length} failures of viewers, such as: ${failures[0]}`)
      const figure = (of: (result: (typeof results)[number]) => number, digits = 0) =>
        formatSummary(summarize(results.map(of)), digits)
      return [
        `${viewers}${parts ? '' : ', playlists only'}`,
        figure(({ delaysMs }) => percentile(delaysMs, 0.5)),
        figure(({ delaysMs }) => percentile(delaysMs, 0.95)),
        figure(({ delaysMs }) => percentile(delaysMs, 1)),
        ...(['reloads', 'parts'] as const).map((key) =>
          (median(results.map((result) => result[key])) / seconds).toFixed(0),
        ),
        (median(results.map(({ partBytes }) => partBytes)) / seconds / 1e6).toFixed(0),
        figure(({ gatewayCores }) => gatewayCores, 2),
        (before.rssKb.gateway / 1024).toFixed(0),
        figure(({ rssMb }) => rssMb),
        figure(({ cores }) => cores, 2),
      ]
    } finally {
      await crowd.close()
    }
  })
}
