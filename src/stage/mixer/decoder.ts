import { messageOf } from '../../errors.ts'
import { type FfmpegProcess, startFfmpeg } from '../../ffmpeg/process.ts'
import type { Log } from '../../log.ts'
import type { NutStream } from '../../nut/nut-format.ts'
import { type NutPacket, NutReader } from '../../nut/nut-reader.ts'
import type { FrameSize } from '../layout.ts'
import { ArrivalClock } from './arrival-clock.ts'
import { i420Bytes, type Picture } from './canvas.ts'
import {
  type DecodedKinds,
  decoderInput,
  decoderInputOptions,
  decoderOutputOptions,
  resizeCommands,
  scalerSizes,
} from './decoder-args.ts'
import type { FramePool } from './frame-pool.ts'

/** ffmpeg looks at its stdin every 100 ms and takes one command each time. */
const commandEveryMs = 120

export type DecoderOptions = {
  binary: string
  sdp: string
  kinds: DecodedKinds
  size: FrameSize
  fit: 'cover' | 'contain'
  /** Larger pictures are not decoded. */
  maxPixels: number
  pool: FramePool
  /** A clock that never jumps, in ms. */
  nowMs: () => number
  onPicture: (picture: Picture & { capturedAtMs: number }) => void
  /** @param block s16le, stereo, 48 kHz. */
  onSound: (capturedAtMs: number, block: Buffer) => void
  /** How late something came, counted from the best that was seen; a sound block's own length is in it. */
  onLate: (lateMs: number) => void
  /** Times of all that came before were wrong. */
  onResync: () => void
  log: Log
}

/** One ffmpeg that decodes a person's RTP to raw pictures of the wanted size and to samples. */
export class Decoder {
  readonly #options: DecoderOptions
  readonly #process: FfmpegProcess
  readonly #clock = new ArrivalClock()
  #commands: string[] = []
  #commandTimer: NodeJS.Timeout | undefined
  /** Of the pictures that come, the newest first. */
  #sizes: FrameSize[] = []
  #source: FrameSize | undefined
  /** What `resize` asked for; undefined while it is what ffmpeg was started with. */
  #wanted: FrameSize | undefined
  #lastOutputAtMs: number

  private constructor(options: DecoderOptions, process: FfmpegProcess) {
    this.#options = options
    this.#process = process
    this.#lastOutputAtMs = options.nowMs()
  }

  /** @throws GatewayError FFMPEG_FAILED when it can't be started. */
  static async start(options: DecoderOptions): Promise<Decoder> {
    let decoder: Decoder | undefined
    const reader = new NutReader({
      maxPacketBytes: i420Bytes({ width: 4096, height: 4096 }),
      allocate: ({ kind }: NutStream, bytes) =>
        kind === 'video' ? options.pool.take(bytes) : Buffer.allocUnsafe(bytes),
      onPacket: (packet) => decoder?.take(packet),
    })
    const ffmpeg = await startFfmpeg({
      binary: options.binary,
      inputOptions: decoderInputOptions(options.maxPixels),
      input: decoderInput(options.sdp),
      outputOptions: decoderOutputOptions(options.kinds, options.size, options.fit),
      output: null,
      onOutput(chunk) {
        try {
          reader.push(chunk)
        } catch (error) {
          options.log.warn({ error: messageOf(error) }, 'a decoder is restarted')
          decoder?.kill()
        }
      },
      onLine(line) {
        const sizes = scalerSizes(line)
        if (sizes && decoder) decoder.#scales(sizes)
        if (!/\[(verbose|info)\]/.test(line)) options.log.trace({ line }, 'decoder')
      },
      log: options.log,
    })
    decoder = new Decoder(options, ffmpeg)
    return decoder
  }

  get pid(): number {
    return this.#process.pid
  }

  /** Resolves when the process is gone, with a sentence part that says why. */
  get gone(): Promise<string> {
    return this.#process.exited.then(({ reason }) => reason)
  }

  /** When anything came out of it last, or when it started. */
  get lastOutputAtMs(): number {
    return this.#lastOutputAtMs
  }

  /** Pictures of this size follow after about 0.2 s. */
  resize(size: FrameSize): void {
    this.#wanted = size
    this.#commands = resizeCommands(size)
    this.#commandTimer ??= setInterval(() => this.#sendCommand(), commandEveryMs)
    this.#sendCommand()
  }

  /** Ends it at once: nothing of it is worth waiting for. */
  kill(): Promise<unknown> {
    clearInterval(this.#commandTimer)
    return this.#process.kill()
  }

  take({ stream, pts, bytes }: NutPacket): void {
    const { nowMs, onPicture, onSound, onLate, onResync } = this.#options
    const now = nowMs()
    this.#lastOutputAtMs = now
    const timeMs = (pts * stream.timeBase.numerator * 1_000) / stream.timeBase.denominator
    const { capturedAtMs, resync } = this.#clock.map(timeMs, now)
    if (resync) onResync()
    if (stream.kind === 'audio') {
      onLate(now - capturedAtMs + bytes.length / 192)
      onSound(capturedAtMs, bytes)
      return
    }
    onLate(now - capturedAtMs)
    const size = this.#sizes.find((each) => i420Bytes(each) === bytes.length)
    if (size) onPicture({ ...size, bytes, capturedAtMs })
    else this.#options.pool.give(bytes)
  }

  #scales({ source, scaled }: { source: FrameSize; scaled: FrameSize }): void {
    // The two newest: pictures of the size before are still on their way.
    this.#sizes = [scaled, ...this.#sizes].slice(0, 2)
    const before = this.#source
    this.#source = source
    const changed = before && (before.width !== source.width || before.height !== source.height)
    // For a source of another size, as after a switch of the simulcast layer, ffmpeg makes the scaler anew, with the
    // size that it was started with.
    if (changed && this.#wanted) this.resize(this.#wanted)
  }

  #sendCommand(): void {
    const command = this.#commands.shift()
    if (command !== undefined && this.#process.stdin.writable) this.#process.stdin.write(command)
    if (this.#commands.length > 0) return
    clearInterval(this.#commandTimer)
    this.#commandTimer = undefined
  }
}
