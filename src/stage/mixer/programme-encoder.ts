import { messageOf } from '../../errors.ts'
import { type FfmpegProcess, startFfmpeg } from '../../ffmpeg/process.ts'
import type { Log } from '../../log.ts'
import { type NutPacket, NutReader } from '../../nut/nut-reader.ts'
import { NutWriter } from '../../nut/nut-writer.ts'
import { type ProgrammeSettings, programmeInputOptions, programmeOutputOptions } from './encoder-args.ts'

/** Larger packets are damage: a keyframe is far smaller. */
const maxPacketBytes = 8 * 1024 * 1024
/** An encoder that is fed and gives nothing for this long is replaced. */
const stalledMs = 2_000
const startMs = 10_000
/** Sound that may wait for an encoder that takes nothing: 16 MB are 80 s. */
const maxWaitingBytes = 16 * 1024 * 1024

export type ProgrammeEncoderOptions = {
  binary: string
  settings: ProgrammeSettings
  /** H.264 in Annex B, or one Opus packet. */
  onPacket: (packet: NutPacket) => void
  log: Log
}

/** One ffmpeg that encodes the programme. Times count pictures and samples from the programme's start. */
export class ProgrammeEncoder {
  readonly #process: FfmpegProcess
  readonly #nut: NutWriter
  #lastOutputAtMs = performance.now()
  #hasOutput = false

  private constructor(process: FfmpegProcess, nut: NutWriter) {
    this.#process = process
    this.#nut = nut
    process.stdin.write(nut.header())
  }

  /** @throws GatewayError FFMPEG_FAILED when it can't be started. */
  static async start({
    binary,
    settings,
    onPacket,
    log,
  }: ProgrammeEncoderOptions): Promise<ProgrammeEncoder> {
    let encoder: ProgrammeEncoder | undefined
    const reader = new NutReader({
      maxPacketBytes,
      onPacket(packet) {
        if (encoder) encoder.#came()
        onPacket(packet)
      },
    })
    const ffmpeg = await startFfmpeg({
      binary,
      inputOptions: programmeInputOptions,
      input: 'pipe:0',
      outputOptions: programmeOutputOptions(settings),
      output: null,
      onOutput(chunk) {
        try {
          reader.push(chunk)
        } catch (error) {
          log.warn({ error: messageOf(error) }, 'the programme encoder is restarted')
          encoder?.kill()
        }
      },
      onLine: (line) => log.debug({ line }, 'programme encoder'),
      log,
    })
    const { width, height, framesPerSecond } = settings
    const raw = { config: Buffer.alloc(0), width: 0, height: 0, sampleRateHz: 0, channels: 0 }
    encoder = new ProgrammeEncoder(
      ffmpeg,
      new NutWriter([
        // With a finer time base x264 takes its inverse for the frame rate.
        {
          ...{ ...raw, id: 0, kind: 'video', fourcc: 'I420', width, height },
          timeBase: { numerator: 1, denominator: framesPerSecond },
        },
        {
          ...{ ...raw, id: 1, kind: 'audio', fourcc: 'PSD\x10', sampleRateHz: 48_000, channels: 2 },
          timeBase: { numerator: 1, denominator: 48_000 },
        },
      ]),
    )
    return encoder
  }

  get pid(): number {
    return this.#process.pid
  }

  /** Resolves when the process is gone, with a sentence part that says why. */
  get gone(): Promise<string> {
    return this.#process.exited.then(({ reason }) => reason)
  }

  /** Whether it takes pictures and gives nothing, which on a busy machine it may do for a while at its start. */
  isStalled(nowMs: number): boolean {
    return nowMs - this.#lastOutputAtMs > (this.#hasOutput ? stalledMs : startMs)
  }

  #came(): void {
    this.#hasOutput = true
    this.#lastOutputAtMs = performance.now()
  }

  /** @param done called when the picture's memory may be used again. */
  writePicture(number: number, bytes: Buffer, done: () => void): void {
    const { stdin } = this.#process
    if (!stdin.writable) {
      done()
      return
    }
    stdin.cork()
    stdin.write(this.#nut.frameHead(0, number, bytes.length, true))
    stdin.write(bytes, done)
    stdin.uncork()
  }

  /** @param sample number of the first one. @param block s16le, stereo. */
  writeSound(sample: number, block: Buffer): void {
    const { stdin } = this.#process
    if (!stdin.writable || stdin.writableLength > maxWaitingBytes) return
    stdin.write(Buffer.concat([this.#nut.frameHead(1, sample, block.length, true), block]))
  }

  /** Ends it at once. */
  kill(): Promise<unknown> {
    return this.#process.kill()
  }
}
