import { GatewayError } from '../../errors.ts'
import { startFfmpeg } from '../../ffmpeg/process.ts'
import type { Log } from '../../log.ts'
import { BoxReader } from '../../mp4/box-reader.ts'
import { readInit } from '../../mp4/read-init.ts'
import type { AudioTrack, VideoTrack } from '../../mp4/track.ts'

/** What stands in for a missing track, again and again. */
export type Filler = ({ kind: 'audio'; track: AudioTrack } | { kind: 'video'; track: VideoTrack }) & {
  /** Duration of each sample, in units of the track's timescale. */
  duration: number
  /** Audio: one sample of silence. Video: a group of pictures, which may be left after any of them. */
  samples: readonly Buffer[]
}

export type FillerSpec =
  /** Silence. */
  | { kind: 'audio'; bitrateBps: number }
  /** A dark picture. */
  | { kind: 'video'; width: number; height: number; framesPerSecond: number; keyframeSeconds: number }

/** Samples of AAC per frame (ISO/IEC 14496-3 section 4.5.1.1). */
const aacFrameSamples = 1024
const sampleRateHz = 48_000
/** A picture of this takes 0.3 s. */
const timeoutMs = 15_000
const maxBoxBytes = 8 * 1024 * 1024

/**
 * Makes silence or a dark picture, by one short run of ffmpeg.
 * @throws GatewayError FFMPEG_FAILED
 */
export async function makeFiller(spec: FillerSpec, ffmpegBinary: string, log: Log): Promise<Filler> {
  const boxes = new BoxReader({ maxBoxBytes })
  const init: Buffer[] = []
  const samples: Buffer[] = []
  const ffmpeg = await startFfmpeg({
    binary: ffmpegBinary,
    inputOptions: ['-hide_banner', '-nostats', '-loglevel', 'level+error', '-f', 'lavfi'],
    ...(spec.kind === 'audio' ? silenceSource(spec) : pictureSource(spec)),
    output: null,
    onOutput(chunk) {
      for (const { type, bytes } of boxes.push(chunk)) {
        if (type === 'ftyp' || type === 'moov') init.push(bytes)
        // A fragment per sample: what an mdat holds is one, behind the box's header.
        if (type === 'mdat') samples.push(bytes.subarray(8))
      }
    },
    log,
  })
  const timer = setTimeout(() => void ffmpeg.kill(), timeoutMs)
  const { code, reason } = await ffmpeg.exited
  clearTimeout(timer)
  if (code !== 0) throw new GatewayError('FFMPEG_FAILED', `No filler could be made: ffmpeg ${reason}`)
  const { video, audio } = readInit(Buffer.concat(init))
  // The first frames of silence are the encoder swinging in.
  const silence = samples.slice(-1)
  if (spec.kind === 'audio' && audio && silence.length > 0) {
    const { track } = audio
    return {
      kind: 'audio',
      track,
      duration: (track.timescale * aacFrameSamples) / sampleRateHz,
      samples: silence,
    }
  }
  if (spec.kind === 'video' && video && samples.length > 0) {
    const { track } = video
    return { kind: 'video', track, duration: track.timescale / spec.framesPerSecond, samples }
  }
  throw new GatewayError('FFMPEG_FAILED', 'ffmpeg made an empty filler.')
}

function silenceSource({ bitrateBps }: { bitrateBps: number }) {
  return {
    input: `anullsrc=sample_rate=${sampleRateHz}:channel_layout=stereo`,
    outputOptions: [...['-t', '0.5'], ...['-c:a', 'aac'], ...['-b:a', String(bitrateBps)], ...sampleBySample],
  }
}

function pictureSource(spec: Extract<FillerSpec, { kind: 'video' }>) {
  const { width, height, framesPerSecond, keyframeSeconds } = spec
  const frames = String(Math.round(framesPerSecond * keyframeSeconds))
  return {
    input: `color=color=0x101418:size=${width}x${height}:rate=${framesPerSecond}`,
    outputOptions: [
      ...['-frames:v', frames],
      ...['-c:v', 'libx264'],
      ...['-preset', 'veryfast'],
      // No B-frames: the group can be left after any picture.
      ...['-tune', 'zerolatency'],
      ...['-profile:v', 'main'],
      ...['-pix_fmt', 'yuv420p'],
      ...['-g', frames],
      ...['-sc_threshold', '0'],
      // Without x264's advertisement, which is larger than the picture.
      ...['-bsf:v', 'filter_units=remove_types=6'],
      // A timescale in which each frame takes a whole number of units.
      ...['-video_track_timescale', String(framesPerSecond * 512)],
      ...sampleBySample,
    ],
  }
}

const sampleBySample = [
  ...['-f', 'mp4'],
  // A fragment for each sample, so that no reader needs the table of their sizes.
  ...['-movflags', '+cmaf+delay_moov+frag_every_frame+skip_trailer'],
]
