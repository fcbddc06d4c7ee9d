import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const videoInput = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30']
const audioInput = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const videoCodec = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p'.split(' ')
const audioCodec = '-c:a aac -b:a 64k'.split(' ')
const muxer = '-f mp4 -movflags +cmaf+delay_moov+frag_keyframe+skip_trailer -write_prft wallclock'

/** The packager's kind of output for synthetic media: real bytes of the ffmpeg on PATH. */
export function ffmpegBytes(options: {
  video?: boolean
  audio?: boolean
  seconds: number
  framesPerKeyframe?: number
  extra?: readonly string[]
  /** Length of a movie fragment; default 0.2. */
  fragmentSeconds?: number
}): Buffer {
  const video = options.video !== false
  const audio = options.audio !== false
  return execFileSync(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
      ...(video ? videoInput : []),
      ...(audio ? audioInput : []),
      ...['-t', String(options.seconds)],
      ...(video ? [...videoCodec, '-g', String(options.framesPerKeyframe ?? 60)] : []),
      ...(audio ? audioCodec : []),
      ...(options.extra ?? []),
      ...muxer.split(' '),
      ...['-frag_duration', String(Math.round((options.fragmentSeconds ?? 0.2) * 1e6)), 'pipe:1'],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  )
}

export type ProbedPacket = { type: string; dts: number; seconds: number; key: boolean; hash: string }

/** Packets as ffprobe sees them; times in seconds, decoding order within each track. */
export function probePackets(bytes: Buffer): ProbedPacket[] {
  const directory = mkdtempSync(join(tmpdir(), 'probe-'))
  try {
    const file = join(directory, 'stream.mp4')
    writeFileSync(file, bytes)
    const output = execFileSync(
      'ffprobe',
      [
        ...['-v', 'error', '-of', 'csv=p=0', '-show_entries'],
        ...['packet=codec_type,dts_time,duration_time,flags,data_hash', '-show_data_hash', 'crc32'],
        ...['-ignore_editlist', '1', file],
      ],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    )
    return output
      .trim()
      .split('\n')
      .map((line) => {
        const [type = '', dts, seconds, flags = '', hash = ''] = line.split(',')
        return { type, dts: Number(dts), seconds: Number(seconds), key: flags.startsWith('K'), hash }
      })
  } finally {
    rmSync(directory, { recursive: true })
  }
}
