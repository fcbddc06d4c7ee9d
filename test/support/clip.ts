import { createHash } from 'node:crypto'
import { access, mkdir, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RtpSource } from '../../src/ingest/rtp-publisher.ts'
import { runTool, testFfmpeg } from './run-tool.ts'

export const clipFramesPerSecond = 30

/** Longer than any test, so that the jump at the end of the loop is never sent. */
const clipSeconds = 40

export type ClipOptions = {
  video?: 'h264' | 'vp8' | null
  audio?: boolean
  width?: number
  height?: number
  seconds?: number
  /** Frames from keyframe to keyframe; default one second. */
  keyframeFrames?: number
}

/**
 * A moving picture that is white, and a beep that sounds, for the first 0.1 s of every second: flashes and beeps tell
 * how far sound and picture drifted apart. A keyframe every second, with its parameter sets, because a sender of plain
 * RTP takes no requests. Encoded once per machine and kept in the system's temporary directory.
 * @returns the path.
 */
export async function clip(options: ClipOptions = {}): Promise<string> {
  const { video = 'h264', audio = true, width = 640, height = 360, seconds = clipSeconds } = options
  const gop = options.keyframeFrames ?? clipFramesPerSecond
  const picture = `testsrc2=size=${width}x${height}:rate=${clipFramesPerSecond},drawbox=color=white:t=fill:enable='lt(mod(n,30),3)'`
  const sound = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000:c=stereo"
  return make(video === 'vp8' ? 'webm' : 'ts', [
    ...(video ? ['-f', 'lavfi', '-i', picture] : []),
    ...(audio ? ['-f', 'lavfi', '-i', sound] : []),
    ...['-t', String(seconds)],
    ...(video === 'h264'
      ? '-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline'.split(' ')
      : []),
    ...(video === 'vp8' ? '-c:v libvpx -deadline realtime -cpu-used 8'.split(' ') : []),
    ...(video ? `-pix_fmt yuv420p -b:v 800k -g ${gop} -keyint_min ${gop} -sc_threshold 0`.split(' ') : []),
    // MPEG-TS has no other place for the parameter sets than in front of each keyframe.
    ...(audio ? '-c:a libopus -b:a 64k'.split(' ') : []),
  ])
}

/** One clip after the other as one: the picture changes on the way. */
export async function clipsInARow(paths: readonly string[]): Promise<string> {
  const list = paths.map((path) => `file '${path}'\n`).join('')
  const listPath = join(await directory(), `${hash(list)}.txt`)
  await writeFile(listPath, list)
  return make('ts', ['-f', 'concat', '-safe', '0', '-i', listPath, '-c', 'copy', '-map', '0'])
}

/** Sends a clip as it is, at the speed of life. */
export function clipSource(path: string, options: ClipOptions = {}): RtpSource {
  const { video = 'h264', audio = true } = options
  return {
    inputOptions: ['-re', '-stream_loop', '-1'],
    input: path,
    video: video && { codec: video === 'vp8' ? 'video/VP8' : 'video/H264', options: ['-c:v', 'copy'] },
    audio: audio ? { map: '0:a:0', options: ['-c:a', 'copy'] } : null,
  }
}

async function make(extension: string, args: readonly string[]): Promise<string> {
  const path = join(await directory(), `${hash(args.join(' '))}.${extension}`)
  try {
    await access(path)
    return path
  } catch {
    // Not made yet.
  }
  const unfinished = `${path}.${process.pid}.${extension}`
  await runTool(testFfmpeg, ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args, unfinished])
  await rename(unfinished, path)
  return path
}

async function directory(): Promise<string> {
  const path = join(tmpdir(), 'sluice-test-clips')
  await mkdir(path, { recursive: true })
  return path
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
