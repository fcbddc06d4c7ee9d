import {
  IceCandidate,
  Profiles,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceParameters,
  RTCIceTransport,
  RtcpPacketConverter,
  RtpPacket,
  serializeTransportWideCC,
} from 'werift'
import { z } from 'zod'

/** What mediasoup says about its end of a WebRTC transport. */
const remoteSchema = z.object({
  iceParameters: z.object({
    usernameFragment: z.string(),
    password: z.string(),
    iceLite: z.boolean().default(false),
  }),
  iceCandidates: z.array(
    z.object({
      foundation: z.string(),
      priority: z.number(),
      address: z.string(),
      protocol: z.enum(['udp', 'tcp']),
      port: z.number(),
      type: z.string(),
    }),
  ),
  dtlsParameters: z.object({ fingerprints: z.array(z.object({ algorithm: z.string(), value: z.string() })) }),
})

const oneByteExtensions = 0xbede

/** A WebRTC connection that only sends: ICE, DTLS and SRTP as a browser does them, without its codecs. */
export class Peer {
  readonly #ice: RTCIceTransport
  readonly #dtls: RTCDtlsTransport
  #transportSequence = 0

  private constructor(ice: RTCIceTransport, dtls: RTCDtlsTransport) {
    this.#ice = ice
    this.#dtls = dtls
  }

  static async create(remote: object): Promise<Peer> {
    const { iceParameters, iceCandidates, dtlsParameters } = remoteSchema.parse(remote)
    const gatherer = new RTCIceGatherer({
      useIpv4: true,
      useIpv6: false,
      additionalHostAddresses: ['127.0.0.1'],
    })
    gatherer.connection.iceControlling = true
    const ice = new RTCIceTransport(gatherer)
    const dtls = new RTCDtlsTransport(
      {},
      ice,
      await RTCDtlsTransport.SetupCertificate(),
      [...Profiles].reverse(),
    )
    dtls.role = 'client'
    ice.setRemoteParams(new RTCIceParameters(iceParameters))
    dtls.setRemoteParams(
      new RTCDtlsParameters(
        dtlsParameters.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
        'server',
      ),
    )
    await ice.gather()
    for (const { foundation, priority, address, protocol, port, type } of iceCandidates) {
      if (protocol === 'udp')
        await ice.addRemoteCandidate(new IceCandidate(1, foundation, address, port, priority, protocol, type))
    }
    await ice.addRemoteCandidate(undefined)
    return new Peer(ice, dtls)
  }

  /** What the gateway needs to know of this end. */
  get dtlsParameters(): Record<string, unknown> {
    const fingerprints = this.#dtls.localParameters.fingerprints.map(({ algorithm, value }) => ({
      algorithm,
      value,
    }))
    return { role: 'client', fingerprints }
  }

  /** Resolves when media can be sent. */
  async connect(): Promise<void> {
    await this.#ice.start()
    await this.#dtls.start()
  }

  get srtpProfile(): string {
    return this.#dtls.dtls?.srtp.srtpProfile === 7 ? 'AEAD_AES_128_GCM' : 'AES_CM_128_HMAC_SHA1_80'
  }

  /** Sends an RTP packet with a transport-wide sequence number put in. */
  sendRtp(bytes: Buffer, transportWideCcId: number): void {
    const { header, payload } = RtpPacket.deSerialize(bytes)
    header.extension = true
    header.extensionProfile = oneByteExtensions
    header.extensions = [
      { id: transportWideCcId, payload: serializeTransportWideCC(this.#transportSequence) },
    ]
    this.#transportSequence = (this.#transportSequence + 1) & 0xffff
    // Never rejects: a packet that can't be sent is lost, as on a network.
    void this.#dtls.sendRtp(payload, header)
  }

  sendRtcp(bytes: Buffer): void {
    void this.#dtls.sendRtcp(RtcpPacketConverter.deSerialize(bytes))
  }

  async close(): Promise<void> {
    await this.#dtls.stop()
  }
}
