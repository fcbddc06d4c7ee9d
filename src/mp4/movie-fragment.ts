import { BoxContent, damaged, need } from './box-reader.ts'

/** What samples have when neither tfhd nor trun says otherwise. */
export type SampleDefaults = {
  /** In units of the track's timescale. */
  duration: number
  flags: number
}

export type Sample = {
  /** In units of the track's timescale. */
  duration: number
  bytes: number
  flags: number
  /** Presentation time less decoding time, in units of the track's timescale. */
  compositionOffset: number
}

/** One track in one movie fragment. */
export type TrackFragment = {
  trackId: number
  /** Decoding time of the first sample, in units of the track's timescale. */
  start: number
  samples: readonly Sample[]
  /** Where its samples are, in order, counted from the first byte of the moof. */
  data: readonly { offset: number; bytes: number }[]
}

/** More than any fragment has, before memory is taken for a count that may be damaged. */
const maxSamples = 100_000

/**
 * Reads what each track has in a movie fragment (ISO/IEC 14496-12 section 8.8).
 * @param moof the whole box.
 * @param defaults from mvex/trex, by track id.
 * @throws GatewayError FFMPEG_FAILED when it is damaged.
 */
export function readTrackFragments(
  moof: Buffer,
  defaults: ReadonlyMap<number, SampleDefaults>,
): TrackFragment[] {
  return [...need(new BoxContent(moof, 'file'), 'moof').boxes()]
    .filter(({ name }) => name === 'traf')
    .map((traf) => readTraf(traf, defaults))
}

/** tfhd, tfdt and all truns of one traf (sections 8.8.7, 8.8.12 and 8.8.8). */
function readTraf(traf: BoxContent, trex: ReadonlyMap<number, SampleDefaults>): TrackFragment {
  const tfhd = need(traf, 'tfhd')
  const present = tfhd.skip(1).u24()
  const trackId = tfhd.u32()
  const defaults = trex.get(trackId) ?? { duration: 0, flags: 0 }
  tfhd.skip((present & 0x1 ? 8 : 0) + (present & 0x2 ? 4 : 0))
  const duration = present & 0x8 ? tfhd.u32() : defaults.duration
  const bytes = present & 0x10 ? tfhd.u32() : 0
  const flags = present & 0x20 ? tfhd.u32() : defaults.flags
  const tfdt = need(traf, 'tfdt')
  const version = tfdt.u8()
  const start = version === 0 ? tfdt.skip(3).u32() : tfdt.skip(3).u64()
  const runs = [...traf.boxes()]
    .filter(({ name }) => name === 'trun')
    .map((trun) => readTrun(trun, { duration, bytes, flags, compositionOffset: 0 }))
  return {
    trackId,
    start,
    samples: runs.flatMap(({ samples }) => samples),
    data: runs.map(({ data }) => data),
  }
}

function readTrun(trun: BoxContent, defaults: Sample) {
  const version = trun.u8()
  const present = trun.u24()
  const count = trun.u32()
  const offset = present & 0x1 ? trun.i32() : 0
  const firstFlags = present & 0x4 ? trun.u32() : undefined
  const fields = [0x100, 0x200, 0x400, 0x800].filter((bit) => present & bit).length
  if (count > maxSamples) throw damaged(`trun has ${count} samples`)
  const table = new BoxContent(trun.take(count * fields * 4), 'trun')
  const samples = Array.from({ length: count }, (_, index): Sample => {
    const duration = present & 0x100 ? table.u32() : defaults.duration
    const bytes = present & 0x200 ? table.u32() : defaults.bytes
    const flags = present & 0x400 ? table.u32() : defaults.flags
    const compositionOffset = present & 0x800 ? (version === 0 ? table.u32() : table.i32()) : 0
    return { duration, bytes, flags: (index === 0 ? firstFlags : undefined) ?? flags, compositionOffset }
  })
  return { samples, data: { offset, bytes: samples.reduce((sum, sample) => sum + sample.bytes, 0) } }
}
