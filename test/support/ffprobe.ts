import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)

const answerSchema = z.object({
  streams: z.array(
    z.object({
      codec_type: z.string(),
      codec_name: z.string(),
      width: z.int().optional(),
      height: z.int().optional(),
      sample_rate: z.string().optional(),
      channels: z.int().optional(),
    }),
  ),
  packets: z.array(z.object({ codec_type: z.string(), pts_time: z.string(), flags: z.string() })),
})

export type Probe = {
  streams: z.infer<typeof answerSchema>['streams']
  /** Times of video keyframes, in seconds. */
  keyframeSeconds: number[]
}

/** What ffprobe sees of a file or a running stream, read for some seconds of media. */
export async function probe(url: string, seconds: number): Promise<Probe> {
  const args = ['-v', 'error', '-of', 'json', '-rw_timeout', '10000000', '-read_intervals', `%+${seconds}`]
  const entries =
    'stream=codec_type,codec_name,width,height,sample_rate,channels:packet=codec_type,pts_time,flags'
  const { stdout } = await run('ffprobe', [...args, '-show_entries', entries, url], {
    timeout: (seconds + 20) * 1000,
    maxBuffer: 64 * 1024 * 1024,
  })
  const answer: unknown = JSON.parse(stdout)
  const { streams, packets } = answerSchema.parse(answer)
  const keyframes = packets.filter(({ codec_type, flags }) => codec_type === 'video' && flags.startsWith('K'))
  return { streams, keyframeSeconds: keyframes.map(({ pts_time }) => Number(pts_time)) }
}
