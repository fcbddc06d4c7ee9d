import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxPayloadBytes, nalUnits, packetizeH264 } from '../../../src/sfu/rtp/packetize-h264.ts'
import { RtpSender } from '../../../src/sfu/rtp/rtp-sender.ts'

const startCode = Buffer.of(0, 0, 0, 1)

/** NAL units as a receiver puts them together (RFC 6184 section 5.8). */
function assemble(payloads: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = []
  for (const payload of payloads) {
    const [first = 0, second = 0] = payload
    if ((first & 0x1f) !== 28) units.push(payload)
    else if (second & 0x80)
      units.push(Buffer.concat([Buffer.of((first & 0xe0) | (second & 0x1f)), payload.subarray(2)]))
    else units.push(Buffer.concat([units.pop() ?? Buffer.alloc(0), payload.subarray(2)]))
  }
  return units
}

test('what goes in comes out at the receiver, in packets that fit', () => {
  const unit = fc
    .uint8Array({ minLength: 2, maxLength: 5_000 })
    // A NAL unit has no start code in it, no zero at its end, and a type below 24.
    .map((bytes) => Buffer.from(bytes).map((byte, index) => (index === 0 ? 0x65 : byte === 0 ? 1 : byte)))
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 4 }), (units) => {
      const buffers = units.map((each) => Buffer.from(each))
      const payloads = packetizeH264(Buffer.concat(buffers.flatMap((each) => [startCode, each])))
      expect(payloads.every(({ length }) => length <= maxPayloadBytes)).toBe(true)
      expect(assemble(payloads).map((each) => each.toString('hex'))).toEqual(
        buffers.map((each) => each.toString('hex')),
      )
    }),
  )
})

test('the last fragment is marked as the end, and only it', () => {
  const payloads = packetizeH264(Buffer.concat([startCode, Buffer.alloc(3_000, 0x41)]))
  expect(payloads.map((payload) => (payload[1] ?? 0) & 0xc0)).toEqual([0x80, 0, 0x40])
})

test('start codes of three and four bytes part the units', () => {
  expect(nalUnits(Buffer.from([0, 0, 1, 9, 16, 0, 0, 0, 1, 7, 1, 0, 0, 1, 8]))).toEqual([
    Buffer.of(9, 16),
    Buffer.of(7, 1),
    Buffer.of(8),
  ])
  expect(nalUnits(Buffer.of(1, 2, 3))).toEqual([])
})

function sender() {
  const rtp: Buffer[] = []
  const rtcp: Buffer[] = []
  const made = new RtpSender({
    ssrc: 0x01020304,
    payloadType: 102,
    clockRateHz: 90_000,
    startedAtMs: 1_700_000_000_500,
    sendRtp: (packet) => rtp.push(packet),
    sendRtcp: (packet) => rtcp.push(packet),
  })
  return { made, rtp, rtcp }
}

test('packets are numbered, timed, and the last of a moment is marked', () => {
  const { made, rtp } = sender()
  made.send(0, [Buffer.of(1), Buffer.of(2)])
  made.send(100, [Buffer.of(3)])
  const numbers = rtp.map((packet) => packet.readUInt16BE(2))
  expect(numbers.map((number) => (number - (numbers[0] ?? 0) + 65_536) % 65_536)).toEqual([0, 1, 2])
  const times = rtp.map((packet) => packet.readUInt32BE(4))
  expect(times.map((time) => (time - (times[0] ?? 0) + 2 ** 32) % 2 ** 32)).toEqual([0, 0, 9_000])
  expect(rtp.map((packet) => packet[1])).toEqual([102, 0x80 | 102, 0x80 | 102])
  expect(rtp.map((packet) => packet.readUInt32BE(8))).toEqual(Array(3).fill(0x01020304))
})

test('a report each second maps the time of the packets to the wall clock', () => {
  const { made, rtp, rtcp } = sender()
  for (let ms = 0; ms <= 2_100; ms += 100) made.send(ms, [Buffer.alloc(10)])
  expect(rtcp).toHaveLength(3)
  const [first, second] = rtcp
  if (!first || !second) throw new Error('no report')
  expect([first[0], first[1], first.readUInt16BE(2), first.readUInt32BE(4)]).toEqual([
    0x80, 200, 6, 0x01020304,
  ])
  expect(first.readUInt32BE(8)).toBe(1_700_000_000 + 2_208_988_800)
  expect(first.readUInt32BE(12) / 2 ** 32).toBeCloseTo(0.5)
  expect(first.readUInt32BE(16)).toBe(rtp[0]?.readUInt32BE(4))
  expect([second.readUInt32BE(20), second.readUInt32BE(24)]).toEqual([10, 100])
  expect(second.readUInt32BE(8) - first.readUInt32BE(8)).toBe(1)
})
