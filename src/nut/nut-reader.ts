import { GatewayError } from '../errors.ts'
import { NeedMore, NutCursor } from './nut-cursor.ts'
import { fileId, frameFlags, longHeaderBytes, type NutStream, startcodes } from './nut-format.ts'

export type NutPacket = {
  stream: NutStream
  /** In units of the stream's time base. */
  pts: number
  keyframe: boolean
  bytes: Buffer
}

export type NutReaderOptions = {
  /** Gives the memory for a frame's bytes; default: new memory. The frame has to fill it exactly. */
  allocate?: (stream: NutStream, bytes: number) => Buffer
  onPacket: (packet: NutPacket) => void
  /** Larger frames and headers are damage. */
  maxPacketBytes: number
}

type FrameCode = {
  flags: number
  stream: number
  sizeMul: number
  sizeLsb: number
  ptsDelta: number
  reserved: number
  headerIndex: number
}
type StreamState = { stream: NutStream; msbPtsShift: number; lastPts: number }
type Body = {
  stream: NutStream
  pts: number
  keyframe: boolean
  bytes: Buffer
  filled: number
  sideData: boolean
}

/** Reads NUT as FFmpeg writes it into a pipe, in pieces of any size. Frame bytes are copied once, into their own memory. */
export class NutReader {
  readonly #options: NutReaderOptions
  #head: Buffer = Buffer.alloc(0)
  #body: Body | undefined
  #started = false
  #version = 3
  #timeBases: NutStream['timeBase'][] = []
  #codes: (FrameCode | undefined)[] = []
  #elisions: Buffer[] = [Buffer.alloc(0)]
  readonly #streams = new Map<number, StreamState>()

  constructor(options: NutReaderOptions) {
    this.#options = options
  }

  /** @throws GatewayError FFMPEG_FAILED when it is no NUT. */
  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#body) {
        rest = this.#fill(this.#body, rest)
        continue
      }
      // Heads are some bytes, so what is joined here is little: a frame's bytes never are.
      const head = this.#head.length > 0 ? Buffer.concat([this.#head, rest]) : rest
      const used = this.#readHead(head)
      if (used === 0) {
        if (head.length > this.#options.maxPacketBytes) throw damaged('a head without an end')
        this.#head = Buffer.from(head)
        return
      }
      this.#head = Buffer.alloc(0)
      rest = head.subarray(used)
      this.#finishIfWhole()
    }
  }

  #fill(body: Body, from: Buffer): Buffer {
    const count = Math.min(from.length, body.bytes.length - body.filled)
    from.copy(body.bytes, body.filled, 0, count)
    body.filled += count
    this.#finishIfWhole()
    return from.subarray(count)
  }

  #finishIfWhole(): void {
    const body = this.#body
    if (!body || body.filled < body.bytes.length) return
    this.#body = undefined
    const { stream, pts, keyframe } = body
    const bytes = body.sideData ? whole(() => withoutSideData(body.bytes)) : body.bytes
    this.#options.onPacket({ stream, pts, keyframe, bytes })
  }

  /** Reads one head. @returns bytes used; 0 when it is not whole yet. */
  #readHead(bytes: Buffer): number {
    try {
      const cursor = new NutCursor(bytes)
      if (!this.#started) {
        if (!cursor.take(fileId.length).equals(fileId)) throw damaged('no NUT')
        this.#started = true
        return cursor.at
      }
      if (bytes[0] === 0x4e) this.#readPacket(cursor)
      else this.#readFrameHead(cursor)
      return cursor.at
    } catch (error) {
      if (error === NeedMore) return 0
      throw error
    }
  }

  #readPacket(cursor: NutCursor): void {
    const startcode = cursor.take(8)
    const forward = cursor.v()
    if (forward < 4 || forward > this.#options.maxPacketBytes) throw damaged('a packet of a wrong size')
    if (forward > longHeaderBytes) cursor.take(4)
    const content = new NutCursor(cursor.take(forward).subarray(0, -4))
    whole(() => {
      if (startcode.equals(startcodes.main)) this.#readMain(content)
      else if (startcode.equals(startcodes.stream)) this.#readStream(content)
      // Syncpoints set times that are not used: all streams begin at 0. Indexes and infos say nothing that is needed.
    })
  }

  #readMain(cursor: NutCursor): void {
    this.#version = cursor.v()
    if (this.#version < 2 || this.#version > 4) throw damaged(`version ${this.#version}`)
    if (this.#version > 3) cursor.v()
    cursor.v()
    cursor.v()
    const bases = cursor.v()
    if (bases > 32) throw damaged(`${bases} time bases`)
    this.#timeBases = Array.from({ length: bases }, () => ({
      numerator: cursor.v(),
      denominator: cursor.v(),
    }))
    this.#codes = readFrameCodes(cursor)
    const headers = cursor.v()
    if (headers > 128) throw damaged(`${headers} elision headers`)
    this.#elisions = [
      Buffer.alloc(0),
      ...Array.from({ length: headers }, () => Buffer.from(cursor.take(cursor.v()))),
    ]
  }

  #readStream(cursor: NutCursor): void {
    const id = cursor.v()
    const kind: NutStream['kind'] = (['video', 'audio'] as const)[cursor.v()] ?? 'other'
    const fourcc = cursor.take(cursor.v()).toString('latin1')
    const timeBase = this.#timeBases[cursor.v()]
    if (!timeBase) throw damaged('a stream without a time base')
    const msbPtsShift = cursor.v()
    // max_pts_distance, decode_delay, stream_flags
    for (let field = 0; field < 3; field += 1) cursor.v()
    const config = Buffer.from(cursor.take(cursor.v()))
    const [width, height] = kind === 'video' ? [cursor.v(), cursor.v()] : [0, 0]
    const [rate, per, channels] = kind === 'audio' ? [cursor.v(), cursor.v(), cursor.v()] : [0, 1, 0]
    // FFmpeg repeats the headers now and then.
    if (this.#streams.has(id)) return
    const stream = { id, kind, fourcc, timeBase, config, width, height, sampleRateHz: rate / per, channels }
    this.#streams.set(id, { stream, msbPtsShift, lastPts: 0 })
  }

  #readFrameHead(cursor: NutCursor): void {
    const code = this.#codes[cursor.u8()]
    if (!code) throw damaged('a frame with an unknown code')
    const { coded, streamId, codedPts, sizeMsb, matchTime, headerIndex, reserved } = frameFlags
    let { flags } = code
    if (flags & coded) flags ^= cursor.v()
    const state = this.#streams.get(flags & streamId ? cursor.v() : code.stream)
    if (!state) throw damaged('a frame of no stream')
    const pts = flags & codedPts ? fullPts(cursor.v(), state) : state.lastPts + code.ptsDelta
    const size = code.sizeLsb + (flags & sizeMsb ? code.sizeMul * cursor.v() : 0)
    if (flags & matchTime) cursor.v()
    const elision = this.#elisions[flags & headerIndex ? cursor.v() : code.headerIndex]
    let skipped = flags & reserved ? cursor.v() : code.reserved
    for (; skipped > 0; skipped -= 1) cursor.v()
    if (flags & frameFlags.checksum) cursor.take(4)
    if (!elision || size < elision.length || size > this.#options.maxPacketBytes) {
      throw damaged(`a frame of ${size} bytes`)
    }
    const bytes = this.#options.allocate?.(state.stream, size) ?? Buffer.allocUnsafe(size)
    if (bytes.length !== size) throw damaged(`a frame of ${size} bytes`)
    elision.copy(bytes)
    state.lastPts = pts
    this.#body = {
      ...{
        stream: state.stream,
        pts,
        keyframe: (flags & frameFlags.key) !== 0,
        bytes,
        filled: elision.length,
      },
      sideData: (flags & frameFlags.sideData) !== 0,
    }
  }
}

/** The table of frame codes: runs of codes that differ in stream and size only ("frame_code"). */
function readFrameCodes(cursor: NutCursor): (FrameCode | undefined)[] {
  const codes: (FrameCode | undefined)[] = []
  let [ptsDelta, sizeMul, stream, headerIndex] = [0, 1, 0, 0]
  while (codes.length < 256) {
    const flags = cursor.v()
    const fields = cursor.v()
    if (fields > 0) ptsDelta = cursor.s()
    if (fields > 1) sizeMul = cursor.v()
    if (fields > 2) stream = cursor.v()
    const size = fields > 3 ? cursor.v() : 0
    const reserved = fields > 4 ? cursor.v() : 0
    const count = fields > 5 ? cursor.v() : sizeMul - size
    if (fields > 6) cursor.s()
    if (fields > 7) headerIndex = cursor.v()
    for (let more = 8; more < fields; more += 1) cursor.v()
    if (count < 1 || codes.length + count > 256) throw damaged('a wrong table of frame codes')
    for (let index = 0; index < count; index += 1) {
      // 'N' begins startcodes, so it is skipped without being counted.
      if (codes.length === 0x4e) codes.push(undefined)
      const code = { flags, stream, sizeMul, sizeLsb: size + index, ptsDelta, reserved, headerIndex }
      codes.push(flags & frameFlags.invalid ? undefined : code)
    }
  }
  return codes
}

/** A coded time is the low bits of a time near the last one, or a whole one beyond their range ("coded_pts"). */
function fullPts(codedPts: number, { msbPtsShift, lastPts }: StreamState): number {
  const range = 2 ** msbPtsShift
  if (codedPts >= range) return codedPts - range
  const from = lastPts - Math.floor((range - 1) / 2)
  return from + ((((codedPts - from) % range) + range) % range)
}

/** Side data and meta data stand before the frame's own bytes ("sm_data"). */
function withoutSideData(bytes: Buffer): Buffer {
  const cursor = new NutCursor(bytes)
  for (let list = 0; list < 2; list += 1) {
    for (let count = cursor.v(); count > 0; count -= 1) {
      cursor.take(cursor.v())
      const type = cursor.s()
      if (type === -1) cursor.take(cursor.v())
      else if (type === -2) {
        cursor.take(cursor.v())
        cursor.take(cursor.v())
      } else if (type === -3 || type < -4) cursor.s()
      else if (type === -4) cursor.v()
    }
  }
  return bytes.subarray(cursor.at)
}

/** Reads what has to be there as a whole. */
function whole<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error === NeedMore ? damaged('a packet that is cut short') : error
  }
}

function damaged(what: string): GatewayError {
  return new GatewayError('FFMPEG_FAILED', `ffmpeg's output is damaged: ${what}.`)
}
