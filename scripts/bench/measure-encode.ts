import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { loadConfig } from '../../src/config/load-config.ts'
import { Encoder } from '../../src/encoder/encoder.ts'
import { fragmentedMp4Options } from '../../src/encoder/fmp4-args.ts'
import { Feed } from '../../src/feed/feed.ts'
import { fragmentLengthOf } from '../../src/feed/fragment-length.ts'
import { FragmentReader } from '../../src/feed/fragment-reader.ts'
import { startFfmpeg } from '../../src/ffmpeg/process.ts'
import { clipText, makeClip } from './clips.ts'
import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { coresBetween, sampleProcesses } from './processes.ts'
import { summarize } from './stats.ts'
import { formatSummary, type Table } from './table.ts'
import { until } from './until.ts'

/** Starting costs more than running. */
const settleMs = 5_000

/** CPU of the encode that all platform targets of a stream share, when the publisher's stream does not fit. */
export async function measureEncode(
  { runs = 3, seconds = 20 }: BenchOptions,
  { ffmpegBinary }: Machine,
): Promise<Table[]> {
  const log = pino({ level: 'error' })
  const { hls, encode } = loadConfig({}, null)
  const feed = new Feed({ maxSeconds: 12, maxBytes: 64 * 1024 * 1024 })
  const reader = new FragmentReader({
    fragmentLength: fragmentLengthOf(hls.partSeconds),
    onFragment: (fragment) => feed.append(fragment),
  })
  const { file } = await makeClip('h264', ffmpegBinary)
  const source = await startFfmpeg({
    binary: ffmpegBinary,
    inputOptions: ['-loglevel', 'level+error', '-re', '-stream_loop', '-1'],
    input: file,
    outputOptions: ['-c:v', 'copy', '-c:a', 'aac', ...fragmentedMp4Options(hls.partSeconds)],
    output: null,
    onOutput: (chunk) => reader.push(chunk),
    log,
  })
  const measure = async () => {
    await delay(settleMs)
    const cores: number[] = []
    for (let run = 0; run < runs; run += 1) {
      const from = sampleProcesses(process.pid)
      await delay(seconds * 1_000)
      cores.push(coresBetween(from, sampleProcesses(process.pid)).ffmpeg)
    }
    return summarize(cores)
  }
  try {
    await until('the source runs', 20_000, async () => feed.newest !== undefined)
    const without = await measure()
    const size = { width: 1280, height: 720 }
    const encoder = new Encoder({
      feed,
      size,
      settings: { ...hls, ...encode },
      ffmpegBinary,
      log,
      onFragment: () => undefined,
    })
    const together = await measure()
    if (encoder.problem !== null) console.error(`  ${encoder.problem}`)
    await encoder.close()
    return [
      {
        title: `CPU: cores for the encode that the platforms of a stream share (${runs} × ${seconds} s)`,
        columns: ['encode', 'with its source', 'source alone'],
        rows: [
          [
            (together.median - without.median).toFixed(3),
            formatSummary(together, 3),
            formatSummary(without, 3),
          ],
        ],
        notes: [`Clip: ${clipText}.`, 'The encoder has its default settings: 720p30, 2.5 Mbit/s, superfast.'],
      },
    ]
  } finally {
    await source.kill()
  }
}
