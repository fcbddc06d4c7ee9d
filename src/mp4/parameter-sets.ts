/** NAL unit types (ITU-T H.264 table 7-1). */
const coded = { first: 1, last: 5 }
const sequenceParameterSet = 7

/**
 * The sequence parameter set in front of the first slice of an H.264 sample, or undefined. It changes when the
 * publisher changes resolution or profile.
 * @param sample with NAL unit lengths of 4 bytes (ISO/IEC 14496-15 section 5.3.2).
 */
export function firstParameterSet(sample: Buffer): Buffer | undefined {
  let offset = 0
  while (offset + 5 <= sample.length) {
    const length = sample.readUInt32BE(offset)
    const start = offset + 4
    const type = sample.readUInt8(start) & 0x1f
    if (type === sequenceParameterSet) return sample.subarray(start, start + length)
    if (type >= coded.first && type <= coded.last) return undefined
    offset = start + length
  }
  return undefined
}
