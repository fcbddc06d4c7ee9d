import { setTimeout as delay } from 'node:timers/promises'
import { type ClipCodec, clipText } from './clips.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { coresBetween, parts, type Sample, sampleProcesses } from './processes.ts'
import { median, summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { withStreams } from './with-streams.ts'

const rows: ReadonlyArray<{ codec: ClipCodec; streams: number }> = [
  { codec: 'h264', streams: 1 },
  { codec: 'h264', streams: 4 },
  { codec: 'h264', streams: 8 },
  { codec: 'vp8', streams: 1 },
]
/** Starting costs more than running. */
const settleMs = 5_000

/** CPU and memory per stream. */
export async function measureCpu(
  { runs = 3, seconds = 20 }: BenchOptions,
  machine: Machine,
): Promise<Table[]> {
  const cells: string[][] = []
  for (const { codec, streams } of rows) {
    const samples = await withStreams({ codec, streams, machine }, async (gateway) => {
      await delay(settleMs)
      const taken = [sampleProcesses(gateway.pid)]
      for (let run = 0; run < runs; run += 1) {
        await delay(seconds * 1_000)
        taken.push(sampleProcesses(gateway.pid))
      }
      return taken
    })
    cells.push([
      `${streams} × ${codec === 'h264' ? 'H.264 copied' : 'VP8 transcoded'}`,
      ...figures(samples, streams),
    ])
  }
  return [
    {
      title: `CPU: cores per stream (${runs} × ${seconds} s), and memory of all processes of a kind in MB, RSS / PSS`,
      columns: ['streams', 'all', ...parts, 'gateway MB', 'worker MB', 'ffmpeg MB'],
      rows: cells,
      notes: [
        `Clip: ${clipText}.`,
        'Publishers: WebRTC (SRTP, congestion feedback) from a process of their own, not counted; packets of the clip, no encoding.',
        'Viewers: one HLS reader per stream: the playlist every 2 s and each segment. No RTMP target.',
        'Median (least–most) of the runs, one after the other in the same gateway; the gateway has its default settings.',
      ],
    },
  ]
}

function figures(samples: readonly Sample[], streams: number): string[] {
  const windows = samples.slice(1).map((to, index) => coresBetween(samples[index] ?? to, to))
  const perStream = (of: (window: ReturnType<typeof coresBetween>) => number) =>
    formatSummary(summarize(windows.map((window) => of(window) / streams)), 4)
  const memory = (of: (sample: Sample) => number) => (median(samples.slice(1).map(of)) / 1024).toFixed(0)
  return [
    perStream(({ gateway, worker, ffmpeg }) => gateway + worker + ffmpeg),
    ...parts.map((part) => perStream((window) => window[part])),
    ...parts.map((part) => `${memory(({ rssKb }) => rssKb[part])} / ${memory(({ pssKb }) => pssKb[part])}`),
  ]
}
