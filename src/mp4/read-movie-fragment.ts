import { BoxContent, damaged, need } from './box-content.ts'
import type { Sample } from './sample.ts'

/** What samples have when neither tfhd nor trun says otherwise. */
export type SampleDefaults = {
  /** In units of the track's timescale. */
  duration: number
  bytes: number
  flags: number
}

/** One track's samples in one movie fragment. */
export type TrackSamples = { trackId: number; samples: Sample[] }

/** A row of a trun: a sample whose bytes are not cut out yet. */
type Row = SampleDefaults & { compositionOffset: number }

/** More than any fragment has, before memory is allocated for a count that may be damaged. */
const maxSamples = 100_000
/** sample_is_non_sync_sample (ISO/IEC 14496-12 section 8.8.3.1). */
const nonSync = 0x0001_0000
const empty = Buffer.alloc(0)
const noDefaults: SampleDefaults = { duration: 0, bytes: 0, flags: 0 }

/**
 * Reads the samples of a movie fragment (ISO/IEC 14496-12 section 8.8).
 * @param moof the whole box.
 * @param mdat the whole box that follows: samples are views of it.
 * @param defaults from mvex/trex, by track id.
 * @throws GatewayError FFMPEG_FAILED when it is damaged.
 */
export function readMovieFragment(
  moof: Buffer,
  mdat: Buffer,
  defaults: ReadonlyMap<number, SampleDefaults>,
): TrackSamples[] {
  /** Data offsets count from the first byte of the moof. */
  const data = (offset: number, bytes: number): Buffer => {
    if (bytes === 0) return empty
    const start = offset - moof.length
    if (start < 0 || start + bytes > mdat.length) throw damaged('moof points outside of its mdat')
    return mdat.subarray(start, start + bytes)
  }
  return [...need(new BoxContent(moof, 'file'), 'moof').boxes()]
    .filter(({ name }) => name === 'traf')
    .map((traf) => readTraf(traf, defaults, data))
}

/** tfhd, tfdt and all truns of one traf (sections 8.8.7, 8.8.12 and 8.8.8). */
function readTraf(
  traf: BoxContent,
  trex: ReadonlyMap<number, SampleDefaults>,
  data: (offset: number, bytes: number) => Buffer,
): TrackSamples {
  const tfhd = need(traf, 'tfhd')
  const present = tfhd.skip(1).u24()
  const trackId = tfhd.u32()
  const defaults = trex.get(trackId) ?? noDefaults
  tfhd.skip((present & 0x1 ? 8 : 0) + (present & 0x2 ? 4 : 0))
  const duration = present & 0x8 ? tfhd.u32() : defaults.duration
  const bytes = present & 0x10 ? tfhd.u32() : defaults.bytes
  const flags = present & 0x20 ? tfhd.u32() : defaults.flags
  const tfdt = need(traf, 'tfdt')
  const version = tfdt.u8()
  let decodeTime = version === 0 ? tfdt.skip(3).u32() : tfdt.skip(3).u64()
  const samples: Sample[] = []
  let offset = 0
  for (const trun of traf.boxes()) {
    if (trun.name !== 'trun') continue
    const run = readTrun(trun, { duration, bytes, flags })
    offset = run.offset ?? offset
    for (const row of run.rows) {
      const { duration, compositionOffset } = row
      const sync = (row.flags & nonSync) === 0
      samples.push({ data: data(offset, row.bytes), decodeTime, duration, compositionOffset, sync })
      decodeTime += duration
      offset += row.bytes
    }
  }
  return { trackId, samples }
}

/** @returns its samples, and where their bytes begin; undefined: behind those of the run before. */
function readTrun(trun: BoxContent, defaults: SampleDefaults): { rows: Row[]; offset: number | undefined } {
  const version = trun.u8()
  const present = trun.u24()
  const count = trun.u32()
  const offset = present & 0x1 ? trun.i32() : undefined
  const firstFlags = present & 0x4 ? trun.u32() : undefined
  const fields = [0x100, 0x200, 0x400, 0x800].filter((bit) => present & bit).length
  if (count > maxSamples) throw damaged(`trun has ${count} samples`)
  const table = new BoxContent(trun.take(count * fields * 4), 'trun')
  const rows = Array.from({ length: count }, (_, index): Row => {
    const duration = present & 0x100 ? table.u32() : defaults.duration
    const bytes = present & 0x200 ? table.u32() : defaults.bytes
    const flags = present & 0x400 ? table.u32() : defaults.flags
    const compositionOffset = present & 0x800 ? (version === 0 ? table.u32() : table.i32()) : 0
    return { duration, bytes, flags: (index === 0 ? firstFlags : undefined) ?? flags, compositionOffset }
  })
  return { rows, offset }
}
