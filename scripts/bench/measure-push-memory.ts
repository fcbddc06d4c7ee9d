import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Fragment } from '../../src/feed/fragment.ts'
import { type Muxer, mp4Muxer } from '../../src/feed/muxer.ts'
import { startFfmpeg } from '../../src/ffmpeg/process.ts'
import { createLog } from '../../src/log.ts'
import type { Sample } from '../../src/mp4/sample.ts'
import { flvMuxer } from '../../src/push/flv-muxer.ts'
import { pushArguments } from '../../src/push/push-args.ts'
import { startFeedSource } from '../../test/support/feed-source.ts'
import type { BenchOptions } from './options.ts'
import { parseKilobytes } from './proc-stat.ts'
import type { Table } from './table.ts'

/** Of media, for a push that reads it as fast as it can. */
const hours = 4
/** One group of pictures, which is repeated with later times. */
const loopSeconds = 2
const placeholders = { app: 'a', playPath: 'b', tcUrl: 'rtmp://c/d' }

/** How the memory of a push's ffmpeg grows with the hours, by the container that it reads. */
export async function measurePushMemory(_options: BenchOptions): Promise<Table[]> {
  const loop = await recordLoop()
  const rows: string[][] = []
  for (const [container, muxerOf] of Object.entries({ mp4: mp4Muxer, flv: flvMuxer })) {
    const first = loop[0]
    if (!first) throw new Error('the source gave no media')
    rows.push([container, ...(await residentMegabytes(container, muxerOf(first.epoch), loop))])
  }
  return [
    {
      title: `Memory (RSS) of a push's ffmpeg in MB, by hours of media`,
      columns: ['container', ...Array.from({ length: hours + 1 }, (_, hour) => `${hour} h`)],
      rows,
      notes: [
        '640×360 at 30 fps with AAC, a fragment each 0.2 s, fed as fast as ffmpeg reads it, copied to FLV.',
        '0 h: after 1 minute of media. The gateway feeds flv.',
      ],
    },
  ]
}

/** Fragments of one group of pictures, from its keyframe on. */
async function recordLoop(): Promise<Fragment[]> {
  const source = await startFeedSource({ keyframeSeconds: loopSeconds })
  const fragments: Fragment[] = []
  const done = Promise.withResolvers<void>()
  source.feed.attach({
    onFragment(fragment) {
      fragments.push(fragment)
      if (fragments.filter(({ keyframe }) => keyframe).length > 1) done.resolve()
    },
    onEnd: () => done.resolve(),
  })
  await done.promise
  await source.stop()
  return fragments.slice(
    0,
    fragments.findLastIndex(({ keyframe }) => keyframe),
  )
}

async function residentMegabytes(
  container: string,
  muxer: Muxer,
  loop: readonly Fragment[],
): Promise<string[]> {
  const options = pushArguments(placeholders, 1)
  const inputOptions = options.inputOptions.map((option, index, all) =>
    all[index - 1] === '-f' ? container : option,
  )
  const ffmpeg = await startFfmpeg({
    binary: 'ffmpeg',
    ...{ inputOptions, input: 'pipe:0', output: null, onOutput: () => undefined },
    outputOptions: ['-c', 'copy', '-map', '0', '-flvflags', 'no_duration_filesize', '-f', 'flv'],
    log: createLog({ level: 'silent', pretty: false }),
  })
  try {
    const write = async (bytes: Buffer): Promise<void> => {
      if (!ffmpeg.stdin.write(bytes)) await once(ffmpeg.stdin, 'drain')
    }
    await write(muxer.header)
    const figures: string[] = []
    const marks = [60, ...Array.from({ length: hours }, (_, hour) => (hour + 1) * 3600)]
    for (let seconds = 0; figures.length < marks.length; seconds += loopSeconds) {
      for (const fragment of loop) await write(muxer.mux(later(fragment, seconds)))
      if (seconds >= (marks[figures.length] ?? 0)) {
        const status = await readFile(`/proc/${ffmpeg.pid}/status`, 'utf8')
        figures.push(((parseKilobytes(status, 'VmRSS') ?? 0) / 1024).toFixed(1))
      }
    }
    return figures
  } finally {
    await ffmpeg.kill()
  }
}

function later({ epoch, audio, video, ...fragment }: Fragment, seconds: number): Fragment {
  const shift = (samples: readonly Sample[], timescale = 1): Sample[] =>
    samples.map((sample) => ({ ...sample, decodeTime: sample.decodeTime + seconds * timescale }))
  return {
    ...{ ...fragment, epoch, audio: shift(audio, epoch.audio?.timescale) },
    video: video.map((samples, index) => shift(samples, epoch.renditions[index]?.video.timescale)),
  }
}
