import { fragmentLengthOf } from '../feed/fragment-length.ts'
import { decoderLimitOptions } from '../ffmpeg/decoder-limits.ts'
import { fragmentedMp4Options } from './fmp4-args.ts'
import { type VideoEncoding, videoEncodeOptions } from './video-encode-args.ts'

/** Options before `-i pipe:0`, where a feed's fragmented MP4 comes in. */
export const encodeInputOptions: readonly string[] = [
  ...['-hide_banner', '-nostats'],
  ...decoderLimitOptions,
  // Level in each line, for the judge of exits; "repeat" keeps lines whole instead of "last message repeated".
  ...['-loglevel', 'repeat+level+error'],
  // The media comes from outside: nothing in it may make ffmpeg open a file or a connection.
  ...['-protocol_whitelist', 'pipe'],
  ...['-f', 'mp4'],
  // Three frames tell the frame rate, which the output does not depend on; the default of 20 takes 0.8 s.
  ...['-fpsprobesize', '3'],
  // µs looked at before it starts, at the most.
  ...['-analyzeduration', '1000000'],
]

/** Options behind the input: video of a constant size and rate, sound as it is, fragmented MP4 on stdout. */
export function encodeOutputOptions(video: VideoEncoding, partSeconds: number): string[] {
  return [
    ...['-map', '0:v:0', ...videoEncodeOptions(video)],
    // The packager made AAC of 48 kHz stereo already.
    ...['-map', '0:a:0', '-c:a', 'copy'],
    // Frames come evenly, so ffmpeg can make fragments of the right length.
    ...fragmentedMp4Options(fragmentLengthOf(partSeconds).shortestSeconds),
  ]
}
