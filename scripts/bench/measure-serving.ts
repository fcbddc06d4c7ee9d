import { Cleanup } from '../../src/cleanup.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { type Served, type Server, startServers } from './serving/servers.ts'
import { wrk, wrkText } from './serving/wrk.ts'
import { median, summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { until } from './until.ts'
import { withStreams } from './with-streams.ts'

const kinds = ['playlists', 'gzip', 'segments'] as const
type Kind = (typeof kinds)[number]
/** The clip's keyframes: about 530 kB each, with which others measure, too. */
const segmentSeconds = 2
/** Answers per second of each run. */
type Rates = Record<Kind, number[]>

/** Playlists and segments of one live stream, asked for as often as they are answered. */
export async function measureServing(
  { runs = 3, seconds = 3 }: BenchOptions,
  machine: Machine,
): Promise<Table[]> {
  const rates = new Map<string, Rates>()
  const settings = { SLUICE_LOW_LATENCY: 'true', SLUICE_SEGMENT_SECONDS: String(segmentSeconds) }
  const segmentBytes: number[] = []
  await withStreams({ codec: 'h264', streams: 1, machine, settings }, async (gateway) => {
    for (let run = 0; run < runs; run += 1) {
      const cleanup = new Cleanup()
      try {
        const served = await newestOf(`${gateway.url}/hls/bench1/index.m3u8`)
        segmentBytes.push(served.segment.length)
        for (const server of await startServers(gateway.url, served, cleanup)) {
          const of: Rates = rates.get(server.name) ?? { playlists: [], gzip: [], segments: [] }
          rates.set(server.name, of)
          for (const kind of kinds) of[kind].push(await rate(server, kind, seconds))
        }
      } finally {
        await cleanup.run()
      }
    }
  })
  const bytes = median(segmentBytes)
  return [
    {
      title: `Serving: answers per second to ${wrkText} (${runs} × ${seconds} s), and as a share of nginx's`,
      columns: ['server', 'playlists/s', '÷ nginx', 'gzip/s', '÷ nginx', 'segments/s', 'GB/s', '÷ nginx'],
      rows: [...rates].map(([name, of]) => row(name, of, [...rates.values()][0] ?? of, bytes)),
      notes: [
        `One live stream of Low-Latency HLS; a segment of ${Math.round(bytes / 1000)} kB and its media playlist with _HLS_msn, plain and by gzip.`,
        'Node is one thread, nginx one process per core; wrk, the packager and the publisher share the cores with them.',
        "The gateway's playlist goes on meanwhile, 5 times a second. nginx's and bare Node's are files of the same bytes.",
        'The cache is the one of docker-compose (profile "cache"), with its files on the RAM disk. Median (least–most).',
      ],
    },
  ]
}

function row(name: string, of: Rates, nginx: Rates, segmentBytes: number): string[] {
  const share = (kind: Kind) => (median(of[kind]) / median(nginx[kind])).toFixed(2)
  const rate = (kind: Kind) => formatSummary(summarize(of[kind]), 0)
  const gigabytes = ((median(of.segments) * segmentBytes) / 1e9).toFixed(2)
  return [
    ...[name, rate('playlists'), share('playlists'), rate('gzip'), share('gzip')],
    ...[rate('segments'), gigabytes, share('segments')],
  ]
}

async function rate({ playlistUrl, segmentUrl }: Server, kind: Kind, seconds: number): Promise<number> {
  if (kind === 'segments') return await wrk(segmentUrl, {}, seconds)
  return await wrk(playlistUrl, kind === 'gzip' ? { 'Accept-Encoding': 'gzip' } : {}, seconds)
}

/** The newest whole segment, and the playlist that names it as a waiting viewer asks for it. */
async function newestOf(indexUrl: string): Promise<Served> {
  const read = async (url: URL) =>
    Buffer.from(await (await fetch(url, { headers: { 'accept-encoding': 'identity' } })).arrayBuffer())
  const variant = /^[^#\s].*$/m.exec((await read(new URL(indexUrl))).toString())?.[0] ?? ''
  const playlistUrl = new URL(variant, indexUrl)
  let playlist = Buffer.alloc(0)
  let uri = ''
  // The first ones are shorter.
  await until('a whole segment is listed', 15_000, async () => {
    playlist = await read(playlistUrl)
    const segments = [...playlist.toString().matchAll(/^#EXTINF:([\d.]+),\n(.+)$/gm)]
    uri = segments.findLast(([, duration]) => Number(duration) > segmentSeconds * 0.9)?.[2] ?? ''
    return uri !== ''
  })
  const segmentUrl = new URL(uri, playlistUrl)
  const number = /(\d+)\.m4s$/.exec(uri)?.[1]
  const playlistPath = `${playlistUrl.pathname}?_HLS_msn=${number}`
  return { playlistPath, playlist, segmentPath: segmentUrl.pathname, segment: await read(segmentUrl) }
}
