import { expect, test } from 'vitest'
import { firstParameterSet } from '../../../src/mp4/parameter-sets.ts'

/** An mdat of NAL units, each given by its first byte and what follows. */
function mdat(...units: number[][]): Buffer {
  const body = units.map((unit) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(unit.length)
    return Buffer.concat([length, Buffer.from(unit)])
  })
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0x6d, 0x64, 0x61, 0x74]), ...body])
}

const sps = [0x67, 0x42, 0xe0, 0x1f]
const pps = [0x68, 0xce]
const sei = [0x06, 0x05, 0x01]
const delimiter = [0x09, 0xf0]
const idr = [0x65, 0x88, 0x84]
const slice = [0x41, 0x9a]

test.each([
  { name: 'first of all', data: mdat(sps, pps, idr), found: sps },
  { name: 'behind a delimiter and a SEI', data: mdat(delimiter, sei, sps, pps, idr), found: sps },
  // The importance in the upper bits says nothing about the type.
  { name: 'of low importance', data: mdat([0x27, 1, 2], idr), found: [0x27, 1, 2] },
  { name: 'none: only a picture', data: mdat(idr), found: undefined },
  { name: 'one that belongs to a later picture', data: mdat(slice, sps, pps, idr), found: undefined },
  { name: 'two: the first', data: mdat(sps, [0x67, 9, 9], idr), found: sps },
  { name: 'an empty box', data: mdat(), found: undefined },
  { name: 'a box that ends inside a length', data: mdat(sei).subarray(0, 11), found: undefined },
  {
    name: 'a length behind the end',
    data: Buffer.concat([mdat(), Buffer.from([0xff, 0xff, 0xff, 0xff, 6])]),
    found: undefined,
  },
  { name: 'a unit without content', data: mdat(sei, []), found: undefined },
])('$name', ({ data, found }) => {
  expect(firstParameterSet(data)).toEqual(found && Buffer.from(found))
})
