import type { EncodeConfig } from '../config/sections/encode-config.ts'
import type { HlsConfig } from '../config/sections/hls-config.ts'
import { fragmentedMp4Options } from '../encoder/fmp4-args.ts'
import { videoEncodeOptions } from '../encoder/video-encode-args.ts'
import { fragmentLengthOf } from '../feed/fragment-length.ts'
import { keyframeSecondsOf } from '../feed/keyframe-cadence.ts'
import { receiveBufferBytes } from '../ffmpeg/receive-buffer.ts'

export type PackagerInput = {
  /** How video is handled; none: there is no video track. */
  video: 'copy' | 'transcode' | 'none'
  audio: boolean
}

export type PackagerSettings = Pick<HlsConfig, 'segmentSeconds' | 'partSeconds' | 'lowLatency'> & EncodeConfig

/** Options before `-i pipe:0`, where the SDP comes in. */
export const packagerInputOptions: readonly string[] = [
  '-hide_banner',
  // No status line on stderr: liveness is judged by the fragments that come out.
  '-nostats',
  // Warnings tell of lost media; `level` marks which lines are errors, `repeat` keeps lines from being folded.
  ...['-loglevel', 'repeat+level+warning'],
  // The SDP may point to nothing but RTP over UDP.
  ...['-protocol_whitelist', 'pipe,udp,rtp'],
  ...['-f', 'sdp'],
  // Seconds without any packet after which ffmpeg ends by itself, with code 0. Long: Sluice judges liveness.
  ...['-listen_timeout', '60'],
  // µs and bytes looked at to find out the picture size, which stands only in the first keyframe. They are limits,
  // not delays: probing ends as soon as everything is known.
  ...['-analyzeduration', '20000000'],
  ...['-probesize', '50000000'],
  // Frames looked at to guess the frame rate, which nothing here relies on. The default of 20 would hold the first
  // fragment back for 0.5 s.
  ...['-fpsprobesize', '3'],
  // µs to wait for a packet that is missing: a NACK to the publisher and its answer take a round trip.
  ...['-max_delay', '500000'],
  // Packets that may wait for it; the default of 500 is 0.6 s of 8 Mbit/s.
  ...['-reorder_queue_size', '2000'],
  // Bytes of socket buffer: the only buffer in front of a busy ffmpeg. The kernel caps it at net.core.rmem_max.
  ...['-buffer_size', String(receiveBufferBytes)],
  // Otherwise ffmpeg binds all addresses and takes RTP from anybody: with filter_src its sockets are connected to the
  // address in the SDP, under their own port, and the kernel drops what comes from elsewhere.
  ...['-localaddr', '127.0.0.1'],
  ...['-sdp_flags', 'filter_src'],
]

/** Options behind the input: what ffmpeg makes of it, fragmented MP4 (CMAF) on stdout. */
export function packagerOutputOptions(input: PackagerInput, settings: PackagerSettings): string[] {
  return [
    ...(input.video === 'none' ? [] : ['-map', '0:v:0', ...videoOptions(input.video, settings)]),
    ...(input.audio ? ['-map', '0:a:0', ...audioOptions(settings)] : []),
    ...fragmentedMp4Options(fragmentSeconds(input, settings)),
    // A prft box per fragment (ISO/IEC 14496-12 section 8.16.5): for copied video it holds the capture time from
    // the sender reports, otherwise the time of writing.
    ...['-write_prft', 'wallclock'],
  ]
}

/**
 * Audio alone comes in even frames, so ffmpeg can make fragments of the right length. With video, Sluice ends its
 * fragments at any frame, and each write of ffmpeg's only wakes two processes: 65 ms are two frames at 24 to 30 fps, four
 * at 50 and 60, and no whole number of AAC frames (21.3 ms) comes between them. A frame waits for at most one more.
 */
function fragmentSeconds({ video }: PackagerInput, { partSeconds }: PackagerSettings): number {
  return video === 'none' ? fragmentLengthOf(partSeconds).shortestSeconds : 0.065
}

function videoOptions(video: 'copy' | 'transcode', settings: PackagerSettings): string[] {
  if (video === 'copy') return ['-c:v', 'copy']
  return videoEncodeOptions({
    width: settings.transcodeWidth,
    height: settings.transcodeHeight,
    framesPerSecond: settings.transcodeFramesPerSecond,
    bitrateBps: settings.transcodeBitrateBps,
    preset: settings.transcodePreset,
    keyframeSeconds: keyframeSecondsOf(settings.segmentSeconds),
  })
}

function audioOptions(settings: PackagerSettings): string[] {
  return [
    ...['-c:a', 'aac'],
    // Half the CPU of the default coder, and most of what a copied stream costs is this encode.
    ...['-aac_coder', 'fast'],
    ...['-b:a', String(settings.audioBitrateBps)],
    ...['-ar', '48000'],
    ...['-ac', '2'],
    // Fills gaps (Opus DTX, lost packets) and follows the publisher's clock, up to 1000 samples a second, once it is
    // 10 ms off: less is jitter, and resampling costs. Never with first_pts=0: that makes timestamps go backwards.
    ...['-af', 'aresample=async=1000:min_comp=0.01'],
  ]
}
