import { BoxContent, need } from './box-reader.ts'
import { box } from './write-box.ts'

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
