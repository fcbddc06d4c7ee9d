import type { FrameSize } from '../layout.ts'

/** A tick of the mixer is a frame, and 1600 samples: no rest. */
export const programmeFramesPerSecond = 30

export type ProgrammeSettings = FrameSize & {
  framesPerSecond: number
  videoBitrateBps: number
  audioBitrateBps: number
  preset: string
}

/** Options before `-i pipe:0`, where raw pictures and samples come in as NUT. */
export const programmeInputOptions: readonly string[] = [
  '-hide_banner',
  '-nostats',
  ...['-loglevel', 'repeat+level+warning'],
  ...['-protocol_whitelist', 'pipe'],
  // The mixer's times go through, so that an encoder that takes over goes on on the same axis.
  '-copyts',
  // Nothing has to be found out: NUT's headers say it all.
  ...['-probesize', '32', '-analyzeduration', '0'],
  ...['-threads', '1'],
  ...['-f', 'nut'],
]

/** Options of the one output: H.264 and Opus as NUT on stdout. */
export function programmeOutputOptions(settings: ProgrammeSettings): string[] {
  const { framesPerSecond, videoBitrateBps, audioBitrateBps, preset } = settings
  return [
    ...['-map', '0:v:0', '-c:v', 'libx264'],
    ...['-preset', preset],
    // No lookahead, no B-frames: each picture comes out before the next one goes in.
    ...['-tune', 'zerolatency'],
    // What all receivers in the SFU can take: constrained baseline.
    ...['-profile:v', 'baseline', '-pix_fmt', 'yuv420p'],
    // A keyframe each second, and no other: segments and WHEP viewers begin with one.
    ...['-g', String(framesPerSecond), '-keyint_min', String(framesPerSecond), '-sc_threshold', '0'],
    ...['-b:v', String(videoBitrateBps), '-maxrate', String(videoBitrateBps)],
    ...['-bufsize', String(videoBitrateBps)],
    // A picture that was skipped is a gap in time, not a repeated one.
    ...['-fps_mode', 'passthrough', '-enc_time_base', '-1'],
    ...['-map', '0:a:0', '-c:a', 'libopus', '-b:a', String(audioBitrateBps)],
    // ms per packet, as browsers send.
    ...['-frame_duration', '20'],
    ...['-max_interleave_delta', '1000', '-flush_packets', '1'],
    ...['-f', 'nut', '-syncpoints', 'none', '-write_index', '0', '-strict', 'experimental'],
  ]
}
