import { setTimeout as delay } from 'node:timers/promises'
import { clipText } from './clips.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { coresBetween, parts, sampleProcesses } from './processes.ts'
import { SegmentCount } from './segment-count.ts'
import type { Table } from './table.ts'
import { withStreams } from './with-streams.ts'

const streams = 8
const lookEveryMs = 2_000
const settleMs = 5_000

/** Several publishers by WHIP at once, each in HLS. */
export async function measureWhip({ seconds = 60 }: BenchOptions, machine: Machine): Promise<Table[]> {
  const row = await withStreams({ codec: 'h264', streams, machine, by: 'whip' }, async (gateway, names) => {
    await delay(settleMs)
    const counts = new Map(names.map((name) => [name, new SegmentCount()]))
    const look = async (): Promise<void> => {
      for (const [name, count] of counts) {
        count.look(await (await fetch(`${gateway.url}/hls/${name}/v0.m3u8`)).text())
      }
    }
    await look()
    const before = sampleProcesses(gateway.pid)
    const mediaBefore = [...counts.values()].map((count) => count.seconds)
    while (performance.now() - before.atMs < seconds * 1_000) {
      await delay(lookEveryMs)
      await look()
    }
    const after = sampleProcesses(gateway.pid)
    const cores = coresBetween(before, after)
    const elapsed = (after.atMs - before.atMs) / 1_000
    const media = [...counts.values()].map((count, index) => count.seconds - (mediaBefore[index] ?? 0))
    const lost = [...counts.values()].reduce((sum, count) => sum + count.lost, 0)
    const all = cores.gateway + cores.worker + cores.ffmpeg
    return [
      `${streams} × H.264 by WHIP`,
      (all / streams).toFixed(4),
      ...parts.map((part) => (cores[part] / streams).toFixed(4)),
      String([...counts.values()].reduce((sum, count) => sum + count.segments, 0)),
      String(lost),
      `${(Math.min(...media) / elapsed).toFixed(2)}–${(Math.max(...media) / elapsed).toFixed(2)}`,
    ]
  })
  return [
    {
      title: `WHIP: cores per stream, and what HLS lost (${seconds} s)`,
      columns: ['publishers', 'all', ...parts, 'segments', 'lost', 'media s per s'],
      rows: [row],
      notes: [
        `Clip: ${clipText}.`,
        'Publishers: libdatachannel, as in OBS, in a process of their own; packets of the clip, no encoding, no keyframes on request.',
        'Viewers: one HLS reader per stream, and one that reads the playlists. Lost: missing numbers and discontinuities.',
      ],
    },
  ]
}
