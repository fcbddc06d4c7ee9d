import { z } from 'zod'
import { runTool } from './run-tool.ts'

const answerSchema = z.object({
  streams: z.array(
    z.object({
      index: z.int(),
      codec_type: z.enum(['video', 'audio']),
      codec_name: z.string(),
      profile: z.string().optional(),
      level: z.int().optional(),
      width: z.int().optional(),
      height: z.int().optional(),
      sample_rate: z.string().optional(),
      channels: z.int().optional(),
    }),
  ),
  packets: z.array(
    z.object({
      codec_type: z.enum(['video', 'audio']),
      pts_time: z.string(),
      // Missing for the first packet of sound alone.
      duration_time: z.string().default('0'),
      flags: z.string(),
    }),
  ),
})

export type Packet = { kind: 'video' | 'audio'; seconds: number; endSeconds: number; keyframe: boolean }

export type Packets = {
  streams: z.infer<typeof answerSchema>['streams']
  packets: Packet[]
}

/** What ffprobe, which shares no code with the gateway, finds in a piece of media. */
export async function probePackets(media: Buffer): Promise<Packets> {
  const { stdout, stderr } = await runTool(
    'ffprobe',
    ['-v', 'warning', '-of', 'json', '-show_streams', '-show_packets', 'pipe:0'],
    media,
  )
  if (stderr) throw new Error(`ffprobe complains: ${stderr}`)
  const answer: unknown = JSON.parse(stdout.toString())
  const { streams, packets } = answerSchema.parse(answer)
  return {
    streams,
    packets: packets.map((packet) => ({
      kind: packet.codec_type,
      seconds: Number(packet.pts_time),
      endSeconds: Number(packet.pts_time) + Number(packet.duration_time),
      keyframe: packet.flags.startsWith('K'),
    })),
  }
}

const framesSchema = z.object({ frames: z.array(z.object({ width: z.int(), height: z.int() })) })

/** Size of each decoded picture, e.g. `640x360`: from the picture itself, not from what the file says. */
export async function frameSizes(media: Buffer): Promise<string[]> {
  const { stdout } = await runTool(
    'ffprobe',
    ['-v', 'error', '-of', 'json', '-select_streams', 'v', '-show_entries', 'frame=width,height', 'pipe:0'],
    media,
  )
  const answer: unknown = JSON.parse(stdout.toString())
  return framesSchema.parse(answer).frames.map(({ width, height }) => `${width}x${height}`)
}

/** First and last moment of a track in a piece of media. */
export function span(packets: readonly Packet[], kind: 'video' | 'audio') {
  const own = packets.filter((packet) => packet.kind === kind)
  if (own.length === 0) return undefined
  return {
    from: Math.min(...own.map(({ seconds }) => seconds)),
    to: Math.max(...own.map(({ endSeconds }) => endSeconds)),
  }
}
