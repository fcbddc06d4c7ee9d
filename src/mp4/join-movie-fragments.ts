import { BoxContent, damaged, need } from './box-reader.ts'
import { readTrackFragments, type Sample, type SampleDefaults, type TrackFragment } from './movie-fragment.ts'
import { box, boxHeaderBytes, fullBox, u32, u64 } from './write-box.ts'

/** A movie fragment: its moof box, and the mdat box that follows. */
export type MovieFragment = { moof: Buffer; mdat: Buffer }

/** One track's samples, and their bytes in the same order. */
export type TrackSamples = {
  trackId: number
  /** Decoding time of the first sample, in units of the track's timescale. */
  start: number
  samples: Sample[]
  data: Buffer[]
}

/** tfhd flags (ISO/IEC 14496-12 section 8.8.7). */
const baseIsMoof = 0x02_0000
/** trun flags (section 8.8.8): a data offset, and duration, size, flags and composition offset of each sample. */
const eachSample = 0x0f01

/**
 * Makes one movie fragment of several that follow one another: a moof for each frame would be 2 to 10 % more for each
 * viewer to load, and what reads a stream for hours keeps a note of each.
 * @param defaults from mvex/trex, by track id.
 * @param added samples of a track that they lack.
 * @returns moof + mdat.
 * @throws GatewayError FFMPEG_FAILED when one is damaged.
 */
export function joinMovieFragments(
  fragments: readonly MovieFragment[],
  defaults: ReadonlyMap<number, SampleDefaults>,
  added?: TrackSamples,
): Buffer {
  const [first] = fragments
  if (first && fragments.length === 1 && !added) return Buffer.concat([first.moof, first.mdat])
  const tracks = new Map<number, TrackSamples>()
  for (const fragment of fragments) {
    for (const track of readTrackFragments(fragment.moof, defaults)) {
      const { trackId, start } = track
      const own = tracks.get(trackId) ?? { trackId, start, samples: [], data: [] }
      tracks.set(trackId, own)
      own.samples.push(...track.samples)
      own.data.push(...dataOf(track, fragment))
    }
  }
  const sequence = first ? need(new BoxContent(first.moof, 'file'), 'moof', 'mfhd').skip(4).u32() : 0
  if (added) tracks.set(added.trackId, added)
  return write(
    sequence,
    [...tracks.values()].filter(({ samples }) => samples.length > 0),
  )
}

function dataOf({ data }: TrackFragment, { moof, mdat }: MovieFragment): Buffer[] {
  return data.map(({ offset, bytes }) => {
    const start = offset - moof.length
    if (start < 0 || start + bytes > mdat.length) throw damaged('moof points outside of its mdat')
    return mdat.subarray(start, start + bytes)
  })
}

function write(sequence: number, tracks: readonly TrackSamples[]): Buffer {
  const moof = (dataOffset: number): Buffer => {
    let offset = dataOffset
    const trafs = tracks.map(({ trackId, start, samples, data }) => {
      const rows = samples.flatMap(({ duration, bytes, flags, compositionOffset }) => [
        ...[duration, bytes, flags],
        // Two's complement: the offset is signed in version 1.
        compositionOffset >>> 0,
      ])
      const traf = box(
        'traf',
        fullBox('tfhd', 0, baseIsMoof, u32(trackId)),
        fullBox('tfdt', 1, 0, u64(start)),
        fullBox('trun', 1, eachSample, u32(samples.length, offset, ...rows)),
      )
      offset += data.reduce((sum, { length }) => sum + length, 0)
      return traf
    })
    return box('moof', fullBox('mfhd', 0, 0, u32(sequence)), ...trafs)
  }
  return Buffer.concat([
    moof(moof(0).length + boxHeaderBytes),
    box('mdat', ...tracks.flatMap(({ data }) => data)),
  ])
}
