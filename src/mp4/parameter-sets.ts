/** NAL unit types (ITU-T H.264 table 7-1). */
const coded = { first: 1, last: 5 }
const sequenceParameterSet = 7
const pictureParameterSet = 8

/** NAL units without their length. Each may stand several times, with another id. */
export type ParameterSets = {
  /** They change when the publisher changes resolution or profile. */
  sequence: readonly Buffer[]
  picture: readonly Buffer[]
}

/**
 * The parameter sets in front of the first slice of an H.264 sample: views of it.
 * @param sample with NAL unit lengths of 4 bytes (ISO/IEC 14496-15 section 5.3.2).
 */
export function parameterSetsOf(sample: Buffer): ParameterSets {
  const sequence: Buffer[] = []
  const picture: Buffer[] = []
  let offset = 0
  while (offset + 5 <= sample.length) {
    const length = sample.readUInt32BE(offset)
    const start = offset + 4
    const type = sample.readUInt8(start) & 0x1f
    if (type >= coded.first && type <= coded.last) break
    const unit = sample.subarray(start, start + length)
    if (type === sequenceParameterSet) sequence.push(unit)
    if (type === pictureParameterSet) picture.push(unit)
    offset = start + length
  }
  return { sequence, picture }
}
