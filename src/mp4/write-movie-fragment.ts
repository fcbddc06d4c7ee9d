import type { Sample } from './sample.ts'
import { boxHeaderBytes } from './write-box.ts'

/** A track's samples for one movie fragment; at least one. */
export type TrackRun = { trackId: number; samples: readonly Sample[] }

/** tfhd flags (ISO/IEC 14496-12 section 8.8.7): defaults of duration and flags, and offsets count from the moof. */
const headerFlags = 0x02_0028
/** trun flags (section 8.8.8). */
const present = { dataOffset: 0x001, duration: 0x100, bytes: 0x200, flags: 0x400, compositionOffset: 0x800 }
/** sample_depends_on = 2, "on no other" (section 8.8.3.1). */
const syncFlags = 0x0200_0000
/** sample_depends_on = 1, "on others", and sample_is_non_sync_sample. */
const nonSyncFlags = 0x0101_0000

/** Version and flags follow the header of a full box. */
const fullBoxBytes = boxHeaderBytes + 4
const tfhdBytes = fullBoxBytes + 12
const tfdtBytes = fullBoxBytes + 8
const trunHeadBytes = fullBoxBytes + 8
const mfhdBytes = fullBoxBytes + 4

/** What is written for a track: which columns its trun needs, because not all samples have the default. */
type Plan = TrackRun & { first: Sample; trunFlags: number; trafBytes: number; dataBytes: number }

/**
 * Writes a movie fragment (ISO/IEC 14496-12 section 8.8): moof + mdat, with a track's samples one behind the other.
 * A column that is the same for all samples of a track stands once in its header: each viewer loads it.
 * @param sequence of mfhd; has to grow within a file.
 */
export function writeMovieFragment(sequence: number, runs: readonly TrackRun[]): Buffer {
  const plans = runs.flatMap((run) => planOf(run) ?? [])
  const moofBytes = plans.reduce((sum, { trafBytes }) => sum + trafBytes, boxHeaderBytes + mfhdBytes)
  const mdatBytes = plans.reduce((sum, { dataBytes }) => sum + dataBytes, boxHeaderBytes)
  const writer = new Writer(moofBytes + mdatBytes)
  writer.box(moofBytes, 'moof')
  writer.fullBox(mfhdBytes, 'mfhd', 0, 0)
  writer.u32(sequence)
  let dataOffset = moofBytes + boxHeaderBytes
  for (const plan of plans) {
    writeTraf(writer, plan, dataOffset)
    dataOffset += plan.dataBytes
  }
  writer.box(mdatBytes, 'mdat')
  for (const { samples } of plans) for (const { data } of samples) writer.bytes(data)
  return writer.buffer
}

function planOf({ trackId, samples }: TrackRun): Plan | undefined {
  const [first] = samples
  if (!first) return undefined
  let trunFlags = present.dataOffset | present.bytes
  let dataBytes = 0
  for (const { data, duration, sync, compositionOffset } of samples) {
    dataBytes += data.length
    if (duration !== first.duration) trunFlags |= present.duration
    if (sync !== first.sync) trunFlags |= present.flags
    if (compositionOffset !== 0) trunFlags |= present.compositionOffset
  }
  const columns = [present.duration, present.bytes, present.flags, present.compositionOffset]
  const rowBytes = 4 * columns.filter((column) => trunFlags & column).length
  const trafBytes = boxHeaderBytes + tfhdBytes + tfdtBytes + trunHeadBytes + rowBytes * samples.length
  return { trackId, samples, first, trunFlags, trafBytes, dataBytes }
}

function writeTraf(writer: Writer, plan: Plan, dataOffset: number): void {
  const { trackId, samples, first, trunFlags, trafBytes } = plan
  writer.box(trafBytes, 'traf')
  writer.fullBox(tfhdBytes, 'tfhd', 0, headerFlags)
  writer.u32(trackId)
  writer.u32(first.duration)
  writer.u32(flagsOf(first))
  writer.fullBox(tfdtBytes, 'tfdt', 1, 0)
  writer.u64(first.decodeTime)
  // Version 1: composition offsets are signed.
  writer.fullBox(trafBytes - boxHeaderBytes - tfhdBytes - tfdtBytes, 'trun', 1, trunFlags)
  writer.u32(samples.length)
  writer.u32(dataOffset)
  for (const sample of samples) {
    if (trunFlags & present.duration) writer.u32(sample.duration)
    writer.u32(sample.data.length)
    if (trunFlags & present.flags) writer.u32(flagsOf(sample))
    if (trunFlags & present.compositionOffset) writer.i32(sample.compositionOffset)
  }
}

function flagsOf({ sync }: Sample): number {
  return sync ? syncFlags : nonSyncFlags
}

/** Writes forward into memory whose size is known before. */
class Writer {
  readonly buffer: Buffer
  #at = 0

  constructor(bytes: number) {
    // Not from Node's pool: a slice of it would keep 8 kB alive for a few bytes.
    this.buffer = Buffer.allocUnsafeSlow(bytes)
  }

  box(bytes: number, type: string): void {
    this.u32(bytes)
    this.#at += this.buffer.write(type, this.#at, 'latin1')
  }

  fullBox(bytes: number, type: string, version: number, flags: number): void {
    this.box(bytes, type)
    this.u32(version * 2 ** 24 + flags)
  }

  u32(value: number): void {
    this.#at = this.buffer.writeUInt32BE(value, this.#at)
  }

  i32(value: number): void {
    this.#at = this.buffer.writeInt32BE(value, this.#at)
  }

  u64(value: number): void {
    this.#at = this.buffer.writeBigUInt64BE(BigInt(value), this.#at)
  }

  bytes(data: Buffer): void {
    this.#at += data.copy(this.buffer, this.#at)
  }
}
