/** Bytes of a NAL unit in one packet: with RTP's header and SRTP's tag below the usual MTU. */
export const maxPayloadBytes = 1_180

const fuA = 28

/**
 * Cuts one picture into RTP payloads (RFC 6184): NAL units that fit go alone (section 5.6), larger ones as FU-A
 * (section 5.8).
 * @param annexB NAL units behind start codes.
 */
export function packetizeH264(annexB: Buffer): Buffer[] {
  return nalUnits(annexB).flatMap((nal) => (nal.length <= maxPayloadBytes ? [nal] : fragment(nal)))
}

function fragment(nal: Buffer): Buffer[] {
  const header = nal[0] ?? 0
  const payloads: Buffer[] = []
  const step = maxPayloadBytes - 2
  for (let at = 1; at < nal.length; at += step) {
    const start = at === 1 ? 0x80 : 0
    const end = at + step >= nal.length ? 0x40 : 0
    const indicator = (header & 0xe0) | fuA
    payloads.push(
      Buffer.concat([Buffer.of(indicator, start | end | (header & 0x1f)), nal.subarray(at, at + step)]),
    )
  }
  return payloads
}

/** The NAL units between start codes (ITU-T H.264 annex B), without them. */
export function nalUnits(annexB: Buffer): Buffer[] {
  const units: Buffer[] = []
  let start = -1
  for (let at = annexB.indexOf(startCode); at >= 0; at = annexB.indexOf(startCode, at + 3)) {
    if (start >= 0) units.push(withoutZeros(annexB.subarray(start, at)))
    start = at + startCode.length
  }
  if (start >= 0) units.push(withoutZeros(annexB.subarray(start)))
  return units.filter(({ length }) => length > 0)
}

const startCode = Buffer.of(0, 0, 1)

/** A start code may have a fourth zero before it, and a unit never ends with one. */
function withoutZeros(unit: Buffer): Buffer {
  let end = unit.length
  while (end > 0 && unit[end - 1] === 0) end -= 1
  return unit.subarray(0, end)
}
