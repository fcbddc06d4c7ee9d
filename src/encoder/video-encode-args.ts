export type VideoEncoding = {
  width: number
  height: number
  framesPerSecond: number
  bitrateBps: number
  /** x264's name for speed against picture. */
  preset: string
  keyframeSeconds: number
}

/** ffmpeg's output options for H.264 of a constant size, frame rate and keyframe distance. */
export function videoEncodeOptions(encoding: VideoEncoding): string[] {
  const { width, height, framesPerSecond, bitrateBps, preset } = encoding
  const keyframeFrames = String(Math.round(framesPerSecond * encoding.keyframeSeconds))
  return [
    '-vf',
    [
      // Fit inside the frame, never stretched: publishers turn phones and browsers change resolution on the way.
      `scale=${width}:${height}:force_original_aspect_ratio=decrease`,
      `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
      'setsar=1',
      // Constant frame rate: WebRTC's varies, and platforms ask for a constant one.
      `fps=${framesPerSecond}`,
    ].join(','),
    ...['-c:v', 'libx264'],
    ...['-preset', preset],
    // No B-frames, no look-ahead: each of them is latency.
    ...['-tune', 'zerolatency'],
    ...['-profile:v', 'main'],
    // The pixel format that every player decodes.
    ...['-pix_fmt', 'yuv420p'],
    // A keyframe exactly that often, and none at scene cuts: segments get equal lengths.
    ...['-g', keyframeFrames],
    ...['-keyint_min', keyframeFrames],
    ...['-sc_threshold', '0'],
    ...['-b:v', String(bitrateBps)],
    ...['-maxrate', String(bitrateBps)],
    // Bits of decoder buffer: one second keeps the rate nearly constant without hurting keyframes much.
    ...['-bufsize', String(bitrateBps)],
  ]
}
