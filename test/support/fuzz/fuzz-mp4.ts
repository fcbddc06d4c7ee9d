import fc from 'fast-check'
import { GatewayError } from '../../../src/errors.ts'
import { fragmentLengthOf } from '../../../src/feed/fragment-length.ts'
import { FragmentReader } from '../../../src/feed/fragment-reader.ts'
import { ffmpegBytes } from '../../unit/mp4/ffmpeg-bytes.ts'
import { FuzzFinding, type FuzzSurface, note } from './fuzz-run.ts'

const change = fc.record({
  // Boxes are at the front of what matters, so most changes are there.
  at: fc.oneof(fc.nat(2_000), fc.nat(200_000)),
  way: fc.constantFrom('set', 'cut', 'insert', 'number'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  number: fc.constantFrom(0, 1, 7, 8, 0xff, 0xffff, 0x7fffffff, 0xffffffff),
  length: fc.integer({ min: 1, max: 64 }),
})
const input = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 6 }),
  chunkBytes: fc.integer({ min: 100, max: 65_536 }),
})

/** The output of an ffmpeg that writes nonsense: it is read, or refused as ffmpeg's fault. */
export const fuzzMp4: FuzzSurface = {
  name: 'MP4 of a broken ffmpeg',
  share: 0.15,
  async run(_, inputs, seed) {
    const outcomes = new Map<string, number>()
    const good = ffmpegBytes({ seconds: 1, framesPerKeyframe: 10 })
    for (const each of fc.sample(input, { seed, numRuns: inputs })) {
      let fragments = 0
      const reader = new FragmentReader({
        endsWith: ['size', 'coding'],
        fragmentLength: fragmentLengthOf(0.2),
        onFragment: () => {
          fragments += 1
        },
        onFormatChange: () => undefined,
      })
      const bytes = damagedBytes(good, each.changes)
      try {
        for (let at = 0; at < bytes.length; at += each.chunkBytes)
          reader.push(bytes.subarray(at, at + each.chunkBytes))
        note(outcomes, fragments > 0 ? 'read' : 'nothing to read')
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'FFMPEG_FAILED') {
          throw new FuzzFinding(error instanceof Error ? (error.stack ?? error.message) : String(error), each)
        }
        note(outcomes, 'refused')
      }
    }
    return outcomes
  },
}

type Change = { at: number; way: string; bytes: Uint8Array; number: number; length: number }

function damagedBytes(good: Buffer, changes: readonly Change[]): Buffer {
  let bytes = Buffer.from(good)
  for (const { at, way, bytes: other, number, length } of changes) {
    const offset = at % (bytes.length - 16)
    if (way === 'set') bytes.set(other, offset)
    else if (way === 'number') bytes.writeUInt32BE(number, offset)
    else if (way === 'cut')
      bytes = Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + length)])
    else bytes = Buffer.concat([bytes.subarray(0, offset), other, bytes.subarray(offset)])
  }
  return bytes
}
