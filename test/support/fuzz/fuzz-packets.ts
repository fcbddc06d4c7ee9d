import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { addPlainTrack, type RtpDestination } from '../../../src/sfu/plain-ingest.ts'
import { FuzzFinding, type FuzzSurface, note } from './fuzz-run.ts'

const rest = fc.uint8Array({ maxLength: 300 })

/** RTP (RFC 3550 section 5.1) of the right SSRC, with anything in it: extensions, padding and payloads that lie. */
const rtp = (to: RtpDestination) =>
  fc
    .tuple(fc.nat(63), fc.boolean(), fc.nat(65_535), fc.nat(), fc.nat(15), rest)
    .map(([flags, marker, sequence, time, csrcs, payload]) => {
      const head = Buffer.alloc(12)
      head[0] = 0x80 | (flags & 0x30) | csrcs
      head[1] = (marker ? 0x80 : 0) | to.payloadType
      head.writeUInt16BE(sequence, 2)
      head.writeUInt32BE(time >>> 0, 4)
      head.writeUInt32BE(to.ssrc, 8)
      return Buffer.concat([head, payload])
    })

/** RTCP (RFC 3550 section 6.4): packet types 200 to 207, and their lengths wrong or right. */
const rtcp = (to: RtpDestination) =>
  fc
    .tuple(fc.nat(31), fc.integer({ min: 192, max: 210 }), fc.nat(100), rest)
    .map(([count, type, words, payload]) => {
      const head = Buffer.alloc(8)
      head[0] = 0x80 | count
      head[1] = type
      head.writeUInt16BE(words, 2)
      head.writeUInt32BE(to.ssrc, 4)
      return Buffer.concat([head, payload])
    })

/** STUN (RFC 8489), DTLS and junk: what comes to the public port. */
const stranger = fc.oneof(
  rest.map((bytes) => Buffer.from(bytes)),
  rest.map((bytes) =>
    Buffer.concat([Buffer.from([0, 1, 0, bytes.length & 0xff, 0x21, 0x12, 0xa4, 0x42]), bytes]),
  ),
  rest.map((bytes) => Buffer.concat([Buffer.from([22, 0xfe, 0xfd, 0, 0]), bytes])),
  rest.map((bytes) => Buffer.concat([Buffer.from([0x80, 96]), bytes])),
)

/** Packets to the public port and to the ports of a publisher: nothing is answered, and the worker stays. */
export const fuzzPackets: FuzzSurface = {
  name: 'RTP, RTCP, STUN and DTLS packets',
  share: 0.25,
  async run({ gateway, cleanup }, inputs, seed) {
    const outcomes = new Map<string, number>()
    const { registry, pool } = gateway.app
    const pids = pool.pids
    const { stream, publication } = await registry.publish('packets', {
      principal: 'anonymous',
      kinds: ['audio', 'video'],
      onEnd: () => undefined,
    })
    cleanup.defer(() => stream.release(publication, 'stopped'))
    const video = await addPlainTrack(publication, 'video/VP8')
    const audio = await addPlainTrack(publication, 'audio/opus')
    const socket = createSocket('udp4')
    cleanup.defer(() => void socket.close())
    const kinds = [
      ['RTP', rtp(video), video.rtpPort],
      ['RTP', rtp(audio), audio.rtpPort],
      ['RTCP', rtcp(video), video.rtcpPort],
      ['RTCP', rtcp(audio), audio.rtcpPort],
      ['STUN, DTLS and junk', stranger, gateway.rtcPort],
    ] as const
    for (const [index, [name, arbitrary, port]] of kinds.entries()) {
      for (const packet of fc.sample(arbitrary, {
        seed: seed + index,
        numRuns: Math.ceil(inputs / kinds.length),
      })) {
        await new Promise<void>((resolve) => socket.send(packet, port, '127.0.0.1', () => resolve()))
        note(outcomes, name)
      }
      // The worker took them: it answers, and is the same one.
      await pool.usage()
      if (pool.pids.join() !== pids.join())
        throw new FuzzFinding(`a worker died of ${name} packets`, `seed ${seed}`)
    }
    return outcomes
  },
}
