import { randomInt } from 'node:crypto'
import type { DirectTransport, RtpCodecParameters } from 'mediasoup/types'
import type { Publication } from './publication.ts'
import { packetizeH264 } from './rtp/packetize-h264.ts'
import { RtpSender } from './rtp/rtp-sender.ts'

const codecs: Record<'video' | 'audio', RtpCodecParameters> = {
  video: {
    mimeType: 'video/H264',
    payloadType: 102,
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  audio: { mimeType: 'audio/opus', payloadType: 104, clockRate: 48_000, channels: 2 },
}

/** Longest time of the programme that one message to the worker carries: one RTP packet. */
const maxMessageBytes = 2_000

/** Brings packets that were encoded in this process into the SFU, as the two tracks of a publication. */
export class ProgrammeIngest {
  readonly #transport: DirectTransport
  readonly #video: RtpSender
  readonly #audio: RtpSender

  private constructor(transport: DirectTransport, video: RtpSender, audio: RtpSender) {
    this.#transport = transport
    this.#video = video
    this.#audio = audio
  }

  /**
   * @param startedAtMs ms since 1970 at which the programme's time is 0.
   * @throws GatewayError WRONG_STATE when the publication has tracks already.
   */
  static async open(publication: Publication, startedAtMs: number): Promise<ProgrammeIngest> {
    const transport = await publication.mediaRouter.router.createDirectTransport({
      maxSendMessageSize: maxMessageBytes,
    })
    const sender = async (kind: 'video' | 'audio'): Promise<RtpSender> => {
      const ssrc = randomInt(1, 2 ** 31)
      const codec = codecs[kind]
      const producer = await transport.produce({
        kind,
        rtpParameters: { codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: 'sluice-programme' } },
      })
      await publication.add(producer)
      return new RtpSender({
        ssrc,
        payloadType: codec.payloadType,
        clockRateHz: codec.clockRate,
        startedAtMs,
        sendRtp: (packet) => {
          if (!producer.closed) producer.send(packet)
        },
        sendRtcp: (packet) => {
          if (!transport.closed) transport.sendRtcp(packet)
        },
      })
    }
    try {
      return new ProgrammeIngest(transport, await sender('video'), await sender('audio'))
    } catch (error) {
      transport.close()
      throw error
    }
  }

  /** @param annexB one picture; a keyframe with its parameter sets. */
  sendPicture(timeMs: number, annexB: Buffer): void {
    this.#video.send(timeMs, packetizeH264(annexB))
  }

  /** @param opus one packet. */
  sendSound(timeMs: number, opus: Buffer): void {
    this.#audio.send(timeMs, [opus])
  }

  close(): void {
    this.#transport.close()
  }
}
