import type { FrameSize } from '../layout.ts'

export type DecodedKinds = { video: boolean; audio: boolean }

/** The SDP goes into the input's address, so that stdin is free for commands to the scaler. */
export function decoderInput(sdp: string): string {
  return `data:application/sdp;base64,${Buffer.from(sdp).toString('base64')}`
}

/** Options before the input. */
export function decoderInputOptions(maxPixels: number): string[] {
  return [
    '-hide_banner',
    '-nostats',
    // The scaler says the size of its pictures at this level, which NUT does not carry when it changes.
    ...['-loglevel', 'repeat+level+verbose'],
    // The SDP may point to nothing but RTP over UDP.
    ...['-protocol_whitelist', 'data,udp,rtp'],
    // Times stay those of RTP, so that a decoder that starts later is on the same axis.
    '-copyts',
    // No frames kept back for reordering: WebRTC has no B-frames.
    ...['-flags', 'low_delay'],
    // A publisher must not be able to take memory by a huge picture.
    ...['-max_pixels', String(maxPixels)],
    // One thread: each more holds a picture back, 33 ms.
    ...['-threads', '1'],
    // µs and bytes looked at for the picture size, which stands only in the first keyframe. Limits, not delays.
    ...['-analyzeduration', '20000000', '-probesize', '50000000'],
    // Frames looked at to guess a frame rate that nothing here uses.
    ...['-fpsprobesize', '0'],
    // Seconds without a packet until ffmpeg ends by itself: the mixer judges that.
    ...['-listen_timeout', '3600'],
    // µs to wait for a packet that is missing: a NACK and its answer take a round trip.
    ...['-max_delay', '200000'],
    // Bytes of socket buffer; the kernel caps it.
    ...['-buffer_size', '1048576'],
    // Otherwise ffmpeg binds all addresses and takes RTP from other hosts.
    ...['-localaddr', '127.0.0.1'],
    ...['-f', 'sdp'],
  ]
}

/** Options of the one output, raw pictures and samples as NUT on stdout. */
export function decoderOutputOptions(
  kinds: DecodedKinds,
  size: FrameSize,
  fit: 'cover' | 'contain',
): string[] {
  return [
    ...(kinds.video ? videoOptions(size, fit) : []),
    ...(kinds.audio ? ['-map', '0:a:0', '-c:a', 'pcm_s16le', '-ar', '48000', '-ac', '2'] : []),
    // Seconds added to all times: sender reports may set the first ones back, and NUT has no negative times.
    ...['-output_ts_offset', '86400'],
    // µs that one track may wait for the other: none. Both have their own times.
    ...['-max_interleave_delta', '1000'],
    // Each packet is written at once.
    ...['-flush_packets', '1'],
    ...['-f', 'nut'],
    // ffmpeg's list of syncpoints would grow for ever; the version without them is experimental in its eyes.
    ...['-syncpoints', 'none', '-write_index', '0', '-strict', 'experimental'],
  ]
}

function videoOptions({ width, height }: FrameSize, fit: 'cover' | 'contain'): string[] {
  const aspect = fit === 'cover' ? 'increase' : 'decrease'
  const scale = [
    `scale=w=${width}:h=${height}`,
    // The picture keeps its shape; the compositor cuts or centres it.
    `force_original_aspect_ratio=${aspect}`,
    'force_divisible_by=2',
    'flags=bilinear',
  ].join(':')
  return [
    ...['-map', '0:v:0'],
    ...['-filter_threads', '1'],
    ...['-vf', `${scale},format=yuv420p`],
    // Or ffmpeg scales back to the first size after each command.
    ...['-autoscale', '0'],
    // Each picture once, at its own time.
    ...['-fps_mode', 'passthrough'],
    // Times in the stream's own units; ffmpeg would round them to 1/25 s.
    ...['-enc_time_base', '-1'],
    // The raw encoder is threaded in ffmpeg 5, which holds a picture back.
    ...['-c:v', 'rawvideo', '-threads', '1'],
  ]
}

/** Commands on stdin that change the size of the pictures; ffmpeg takes one each 100 ms. */
export function resizeCommands({ width, height }: FrameSize): string[] {
  return [`call -1 w ${width}\n`, `call -1 h ${height}\n`]
}

/** Sizes of the pictures before and behind the scaler from now on, out of a line of its log. */
export function scalerSizes(line: string): { source: FrameSize; scaled: FrameSize } | undefined {
  const numbers = /\bw:(\d+) h:(\d+) .*-> w:(\d+) h:(\d+)/.exec(line)?.slice(1).map(Number)
  const [width, height, scaledWidth, scaledHeight] = numbers ?? []
  if (!width || !height || !scaledWidth || !scaledHeight) return undefined
  return { source: { width, height }, scaled: { width: scaledWidth, height: scaledHeight } }
}
