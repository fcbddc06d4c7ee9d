import { BoxContent, need } from './box-reader.ts'

/** sample_depends_on = 2, "on no other" (ISO/IEC 14496-12 section 8.8.3.1). */
const syncSampleFlags = 0x0200_0000
/** sample_depends_on = 1, "on others", and sample_is_non_sync_sample. */
const nonSyncSampleFlags = 0x0101_0000

/** A run of samples of one track, all of the same duration. */
export type SampleRun = {
  trackId: number
  /** Decoding time of the first one, in units of the track's timescale. */
  start: number
  /** Duration of each, in the same units. */
  duration: number
  samples: readonly Buffer[]
  /** Whether each sample can be decoded alone, or the first one only, or none. */
  sync: 'all' | 'first' | 'none'
}

/** moof + mdat of one track. */
export function writeFragment(run: SampleRun): Buffer {
  const { trackId, start, duration, samples, sync } = run
  const defaultFlags = sync === 'all' ? syncSampleFlags : nonSyncSampleFlags
  // default-base-is-moof, default duration and flags (section 8.8.7).
  const tfhd = fullBox('tfhd', 0, 0x02_0028, u32(trackId, duration, defaultFlags))
  const tfdt = fullBox('tfdt', 1, 0, u64(start))
  const sizes = u32(...samples.map((sample) => sample.length))
  const moof = (dataOffset: number): Buffer => {
    // Data offset, flags of the first sample, a size for each (section 8.8.8).
    const firstFlags = sync === 'none' ? nonSyncSampleFlags : syncSampleFlags
    const trun = fullBox('trun', 0, 0x205, u32(samples.length, dataOffset, firstFlags), sizes)
    return box('moof', fullBox('mfhd', 0, 0, u32(0)), box('traf', tfhd, tfdt, trun))
  }
  return Buffer.concat([moof(moof(0).length + boxHeaderBytes), box('mdat', ...samples)])
}

/**
 * An initialisation segment with one track more.
 * @param init ftyp + moov.
 * @param donor ftyp + moov with the track, its only one.
 * @param trackId the number that the track gets, which `init` must not use.
 * @throws GatewayError FFMPEG_FAILED when one of them is damaged.
 */
export function addTrack(init: Buffer, donor: Buffer, trackId: number): Buffer {
  const [trak, trex] = trackOf(donor, trackId)
  const parts: Buffer[] = []
  for (const part of new BoxContent(init, 'file').boxes()) {
    if (part.name !== 'moov') {
      parts.push(box(part.name, part.rest()))
      continue
    }
    const children = [...part.boxes()].map((child) =>
      child.name === 'mvex' ? box('mvex', child.rest(), trex) : box(child.name, child.rest()),
    )
    // Behind mvhd, which must come first: the order of tracks means nothing.
    children.splice(1, 0, trak)
    parts.push(box('moov', ...children))
  }
  return Buffer.concat(parts)
}

/** trak and trex of the only track, under another number. */
function trackOf(donor: Buffer, trackId: number): [trak: Buffer, trex: Buffer] {
  // A copy, because the number is written into it.
  const moov = need(new BoxContent(Buffer.from(donor), 'file'), 'moov')
  const trak = need(moov, 'trak')
  const tkhd = need(trak, 'tkhd')
  tkhd
    .skip(tkhd.u8() === 0 ? 3 + 8 : 3 + 16)
    .take(4)
    .writeUInt32BE(trackId)
  const trex = need(moov, 'mvex', 'trex')
  trex.skip(4).take(4).writeUInt32BE(trackId)
  // Without its edit list: it would hide the first sound, which ffmpeg's encoder needs to swing in.
  const children = [...trak.boxes()].filter(({ name }) => name !== 'edts')
  return [
    box('trak', ...children.map((child) => box(child.name, child.rest()))),
    box('trex', need(moov, 'mvex', 'trex').rest()),
  ]
}

/**
 * A fragment at another time.
 * @param bytes any number of moof + mdat.
 * @param offsetSeconds added to the decoding time of each track.
 * @param timescales units per second by track number; other tracks keep their time.
 * @throws GatewayError FFMPEG_FAILED when it is damaged.
 */
export function shiftFragment(
  bytes: Buffer,
  offsetSeconds: number,
  timescales: ReadonlyMap<number, number>,
): Buffer {
  const shifted = Buffer.from(bytes)
  for (const moof of new BoxContent(shifted, 'file').boxes()) {
    if (moof.name !== 'moof') continue
    for (const traf of moof.boxes()) {
      if (traf.name !== 'traf') continue
      const units = Math.round(offsetSeconds * (timescales.get(need(traf, 'tfhd').skip(4).u32()) ?? 0))
      // Version 1, with 64 bits: ffmpeg writes no other.
      const time = need(traf, 'tfdt').skip(4).take(8)
      time.writeBigUInt64BE(time.readBigUInt64BE() + BigInt(units))
    }
  }
  return shifted
}

const boxHeaderBytes = 8

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, boxHeaderBytes)
  return Buffer.concat([u32(length), Buffer.from(type, 'latin1'), ...content])
}

function fullBox(type: string, version: number, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content)
}

function u32(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => void buffer.writeUInt32BE(value, index * 4))
  return buffer
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(BigInt(value))
  return buffer
}
