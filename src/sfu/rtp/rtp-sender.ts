import { randomInt } from 'node:crypto'

const ntpEpochSeconds = 2_208_988_800
/** A receiver needs two reports to know the sender's clock, and sync soon. */
const reportEveryMs = 1_000

export type RtpSenderOptions = {
  ssrc: number
  payloadType: number
  clockRateHz: number
  /** ms since 1970 at which the sender's time is 0: the same for all tracks that are in sync. */
  startedAtMs: number
  sendRtp: (packet: Buffer) => void
  sendRtcp: (packet: Buffer) => void
}

/** Makes RTP packets (RFC 3550 section 5.1) and sender reports (section 6.4.1) of one track. */
export class RtpSender {
  readonly #options: RtpSenderOptions
  /** Times and sequence numbers begin at random (section 5.1). */
  readonly #firstTimestamp = randomInt(2 ** 32 - 1)
  #sequence = randomInt(2 ** 16)
  #packets = 0
  #octets = 0
  #reportedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: RtpSenderOptions) {
    this.#options = options
  }

  /**
   * Sends what belongs to one moment: a picture, or a block of sound.
   * @param timeMs since the start.
   */
  send(timeMs: number, payloads: readonly Buffer[]): void {
    if (timeMs - this.#reportedAtMs >= reportEveryMs) {
      this.#reportedAtMs = timeMs
      this.#options.sendRtcp(this.#report(timeMs))
    }
    for (const [index, payload] of payloads.entries()) {
      this.#options.sendRtp(Buffer.concat([this.#header(timeMs, index === payloads.length - 1), payload]))
      this.#packets += 1
      this.#octets += payload.length
    }
  }

  #header(timeMs: number, last: boolean): Buffer {
    const header = Buffer.alloc(12)
    header[0] = 0x80
    header[1] = (last ? 0x80 : 0) | this.#options.payloadType
    header.writeUInt16BE(this.#sequence, 2)
    header.writeUInt32BE(this.#timestamp(timeMs), 4)
    header.writeUInt32BE(this.#options.ssrc, 8)
    this.#sequence = (this.#sequence + 1) % 2 ** 16
    return header
  }

  #report(timeMs: number): Buffer {
    const report = Buffer.alloc(28)
    const wallMs = this.#options.startedAtMs + timeMs
    report[0] = 0x80
    report[1] = 200
    report.writeUInt16BE(6, 2)
    report.writeUInt32BE(this.#options.ssrc, 4)
    report.writeUInt32BE((Math.floor(wallMs / 1_000) + ntpEpochSeconds) % 2 ** 32, 8)
    report.writeUInt32BE(Math.floor(((wallMs % 1_000) / 1_000) * 2 ** 32), 12)
    report.writeUInt32BE(this.#timestamp(timeMs), 16)
    report.writeUInt32BE(this.#packets % 2 ** 32, 20)
    report.writeUInt32BE(this.#octets % 2 ** 32, 24)
    return report
  }

  #timestamp(timeMs: number): number {
    const units = Math.round((timeMs * this.#options.clockRateHz) / 1_000)
    return (this.#firstTimestamp + units) % 2 ** 32
  }
}
