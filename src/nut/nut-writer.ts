import {
  checksum,
  fileId,
  frameFlags,
  longHeaderBytes,
  type NutStream,
  pipeFlag,
  startcodes,
} from './nut-format.ts'

/** Frames may be any distance apart: there is one syncpoint only, at the beginning. */
const maxDistance = 65_536
const streamClasses = { video: 0, audio: 1, other: 3 } as const

/** Writes a NUT file as FFmpeg reads it from a pipe: version 4, no index, one syncpoint. */
export class NutWriter {
  readonly #streams: readonly NutStream[]

  constructor(streams: readonly NutStream[]) {
    this.#streams = streams
  }

  /** Everything before the first frame. */
  header(): Buffer {
    const { key, codedPts, streamId, sizeMsb, checksum: sum, invalid } = frameFlags
    // All frame codes are the same frame, with everything coded; 'N' itself is never one (it begins startcodes).
    const flags = codedPts | streamId | sizeMsb | sum
    const main = Buffer.concat([
      ...[v(4), v(0), v(this.#streams.length), v(maxDistance), v(this.#streams.length)],
      ...this.#streams.flatMap(({ timeBase }) => [v(timeBase.numerator), v(timeBase.denominator)]),
      // tmp_flag, tmp_fields, then pts, mul, stream, size, res, count: code 0 is invalid, 1 a frame, 2 a keyframe.
      ...[v(invalid), v(6), s(0), v(1), v(0), v(0), v(0), v(1)],
      ...[v(flags), v(6), s(0), v(1), v(0), v(0), v(0), v(1)],
      ...[v(flags | key), v(6), s(0), v(1), v(0), v(0), v(0), v(1)],
      // 253 more that are invalid: 'N' is skipped and not counted.
      ...[v(invalid), v(6), s(0), v(1), v(0), v(0), v(0), v(252)],
      // No elision headers; main_flags.
      ...[v(0), v(pipeFlag)],
    ])
    return Buffer.concat([
      fileId,
      packet(startcodes.main, main),
      ...this.#streams.map((stream, index) => packet(startcodes.stream, streamHeader(stream, index))),
      // global_key_pts 0 in the first time base, back_ptr 0.
      packet(startcodes.syncpoint, Buffer.concat([v(0), v(0)])),
    ])
  }

  /**
   * What stands before a frame's bytes.
   * @param pts in units of the stream's time base, not negative.
   */
  frameHead(stream: number, pts: number, bytes: number, keyframe: boolean): Buffer {
    // coded_pts with the full value: above 2^msb_pts_shift, which is 2^0.
    const head = Buffer.concat([Buffer.of(keyframe ? 2 : 1), v(stream), v(pts + 1), v(bytes)])
    return Buffer.concat([head, u32(checksum(head))])
  }
}

function streamHeader(stream: NutStream, index: number): Buffer {
  const { kind, width, height, sampleRateHz, channels } = stream
  return Buffer.concat([
    ...[v(index), v(streamClasses[kind]), vb(Buffer.from(stream.fourcc, 'latin1')), v(index)],
    // msb_pts_shift, max_pts_distance (checked only where there is a checksum: always here), decode_delay, flags.
    ...[v(0), v(0), v(0), v(0)],
    vb(stream.config),
    ...(kind === 'video' ? [v(width), v(height), v(1), v(1), v(0)] : []),
    ...(kind === 'audio' ? [v(sampleRateHz), v(1), v(channels)] : []),
  ])
}

function packet(startcode: Buffer, content: Buffer): Buffer {
  const forward = v(content.length + 4)
  const head = Buffer.concat([startcode, forward])
  const headSum = content.length + 4 > longHeaderBytes ? [u32(checksum(head))] : []
  return Buffer.concat([head, ...headSum, content, u32(checksum(content))])
}

/** Variable length, seven bits a byte, most significant first ("v"). */
export function v(value: number): Buffer {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) | 0x80)
  }
  return Buffer.from(bytes)
}

/** Signed ("s"). */
export function s(value: number): Buffer {
  return v(value > 0 ? 2 * value - 1 : -2 * value)
}

function vb(bytes: Buffer): Buffer {
  return Buffer.concat([v(bytes.length), bytes])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
