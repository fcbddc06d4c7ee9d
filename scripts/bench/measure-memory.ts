import { setTimeout as delay } from 'node:timers/promises'
import { clipText } from './clips.ts'
import { linearFit } from './linear-fit.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { parts, type Sample, sampleProcesses } from './processes.ts'
import type { Table } from './table.ts'
import { withStreams } from './with-streams.ts'

/**
 * Until then memory has to grow: the playlist's window of 30 s fills, and each segment is kept for about as long
 * again after it has left the playlist.
 */
const fillSeconds = 75
const sampleEveryMs = 2_000

/** Growth of one copied stream's processes. */
export async function measureMemory({ seconds = 180 }: BenchOptions, machine: Machine): Promise<Table[]> {
  const samples = await withStreams({ codec: 'h264', streams: 1, machine }, async (gateway) => {
    await delay(fillSeconds * 1_000)
    const taken: Sample[] = []
    const endMs = performance.now() + seconds * 1_000
    while (performance.now() < endMs) {
      taken.push(sampleProcesses(gateway.pid))
      await delay(sampleEveryMs)
    }
    return taken
  })
  const cells = parts.map((part) => {
    const points = samples.map(({ atMs, rssKb }) => ({ x: atMs / 60_000, y: rssKb[part] }))
    const sizes = points.map(({ y }) => y)
    const megabytes = (kb: number | undefined) => ((kb ?? 0) / 1024).toFixed(1)
    return [
      part,
      megabytes(sizes[0]),
      megabytes(sizes.at(-1)),
      megabytes(Math.min(...sizes)),
      megabytes(Math.max(...sizes)),
      linearFit(points).slope.toFixed(0),
    ]
  })
  return [
    {
      title: `Memory: RSS in MB of one copied stream over ${seconds} s, and its slope`,
      columns: ['process', 'first', 'last', 'least', 'most', 'kB/min'],
      rows: cells,
      notes: [
        `Clip: ${clipText}.`,
        `From ${fillSeconds} s after the first playlist on, sampled every ${sampleEveryMs / 1_000} s; slope of the straight line through all samples.`,
        "Node collects garbage in waves: over a few minutes a wave's slope is larger than a leak's.",
        'worker: all worker processes. Viewers: one HLS reader.',
      ],
    },
  ]
}
