import { BoxContent, damaged, need } from './box-reader.ts'
import { readTrackFragments, type Sample, type SampleDefaults, type TrackFragment } from './movie-fragment.ts'

/** A movie fragment: its moof box, and the mdat box that follows. */
export type MovieFragment = { moof: Buffer; mdat: Buffer }

type Joined = { start: number; samples: Sample[]; data: Buffer[] }

/** tfhd flags (ISO/IEC 14496-12 section 8.8.7). */
const baseIsMoof = 0x02_0000
/** trun flags (section 8.8.8): a data offset, and duration, size, flags and composition offset of each sample. */
const eachSample = 0x0f01
const sampleFieldsBytes = 16

/**
 * Makes one movie fragment of several that follow one another: a moof for each frame would be 2 to 10 % more for each
 * viewer to load, and what reads a stream for hours keeps a note of each.
 * @param defaults from mvex/trex, by track id.
 * @returns moof + mdat.
 * @throws GatewayError FFMPEG_FAILED when one is damaged.
 */
export function joinMovieFragments(
  fragments: readonly MovieFragment[],
  defaults: ReadonlyMap<number, SampleDefaults>,
): Buffer {
  const [first] = fragments
  if (first && fragments.length === 1) return Buffer.concat([first.moof, first.mdat])
  const tracks = new Map<number, Joined>()
  for (const fragment of fragments) {
    for (const track of readTrackFragments(fragment.moof, defaults)) {
      const own = tracks.get(track.trackId) ?? { start: track.start, samples: [], data: [] }
      tracks.set(track.trackId, own)
      own.samples.push(...track.samples)
      own.data.push(...dataOf(track, fragment))
    }
  }
  const sequence = first ? need(new BoxContent(first.moof, 'file'), 'moof', 'mfhd').skip(4).u32() : 0
  return write(
    sequence,
    [...tracks].filter(([, { samples }]) => samples.length > 0),
  )
}

function dataOf({ data }: TrackFragment, { moof, mdat }: MovieFragment): Buffer[] {
  return data.map(({ offset, bytes }) => {
    const start = offset - moof.length
    if (start < 0 || start + bytes > mdat.length) throw damaged('moof points outside of its mdat')
    return mdat.subarray(start, start + bytes)
  })
}

function write(sequence: number, tracks: readonly [trackId: number, Joined][]): Buffer {
  const trafBytes = tracks.map(([, { samples }]) => 8 + 16 + 20 + 20 + samples.length * sampleFieldsBytes)
  const moofBytes = 8 + 16 + trafBytes.reduce((sum, bytes) => sum + bytes, 0)
  const data = tracks.flatMap(([, track]) => track.data)
  const mdatBytes = 8 + data.reduce((sum, { length }) => sum + length, 0)
  const head = Buffer.allocUnsafe(moofBytes + 8)
  let at = 0
  const u32 = (value: number): void => {
    at = head.writeUInt32BE(value, at)
  }
  const box = (bytes: number, type: string): void => {
    u32(bytes)
    at += head.write(type, at, 'latin1')
  }
  box(moofBytes, 'moof')
  box(16, 'mfhd')
  u32(0)
  u32(sequence)
  let offset = moofBytes + 8
  tracks.forEach(([trackId, track], index) => {
    box(trafBytes[index] ?? 0, 'traf')
    box(16, 'tfhd')
    u32(baseIsMoof)
    u32(trackId)
    box(20, 'tfdt')
    u32(0x0100_0000)
    at = head.writeBigUInt64BE(BigInt(track.start), at)
    box(20 + track.samples.length * sampleFieldsBytes, 'trun')
    u32(0x0100_0000 + eachSample)
    u32(track.samples.length)
    u32(offset)
    for (const sample of track.samples) {
      u32(sample.duration)
      u32(sample.bytes)
      u32(sample.flags)
      at = head.writeInt32BE(sample.compositionOffset, at)
    }
    offset += track.data.reduce((sum, { length }) => sum + length, 0)
  })
  box(mdatBytes, 'mdat')
  return Buffer.concat([head, ...data])
}
