/** NAL unit types (ITU-T H.264 table 7-1). */
const coded = { first: 1, last: 5 }
const sequenceParameterSet = 7

/**
 * The sequence parameter set in front of the first picture of an mdat whose first samples are H.264 (4-byte NAL unit
 * lengths, ISO/IEC 14496-15 section 5.3.2), or undefined. It changes when the publisher changes resolution or profile.
 * @param mdat the whole box, header included.
 */
export function firstParameterSet(mdat: Buffer): Buffer | undefined {
  let offset = 8
  while (offset + 5 <= mdat.length) {
    const length = mdat.readUInt32BE(offset)
    const start = offset + 4
    const type = mdat.readUInt8(start) & 0x1f
    if (type === sequenceParameterSet) return mdat.subarray(start, start + length)
    if (type >= coded.first && type <= coded.last) return undefined
    offset = start + length
  }
  return undefined
}
