import { expect, test } from 'vitest'
import { parameterSetsOf } from '../../../src/mp4/parameter-sets.ts'

/** A sample of NAL units, each given by its first byte and what follows. */
function sample(...units: number[][]): Buffer {
  const body = units.map((unit) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(unit.length)
    return Buffer.concat([length, Buffer.from(unit)])
  })
  return Buffer.concat(body)
}

const sps = [0x67, 0x42, 0xe0, 0x1f]
const pps = [0x68, 0xce]
const sei = [0x06, 0x05, 0x01]
const delimiter = [0x09, 0xf0]
const idr = [0x65, 0x88, 0x84]
const slice = [0x41, 0x9a]

test.each([
  { name: 'first of all', data: sample(sps, pps, idr), sequence: [sps], picture: [pps] },
  {
    name: 'behind a delimiter and a SEI',
    data: sample(delimiter, sei, sps, pps, idr),
    sequence: [sps],
    picture: [pps],
  },
  // The importance in the upper bits says nothing about the type.
  {
    name: 'of low importance',
    data: sample([0x27, 1, 2], [0x28, 3], idr),
    sequence: [[0x27, 1, 2]],
    picture: [[0x28, 3]],
  },
  { name: 'none: only a picture', data: sample(idr), sequence: [], picture: [] },
  { name: 'those of a later picture', data: sample(slice, sps, pps, idr), sequence: [], picture: [] },
  {
    name: 'two of each',
    data: sample(sps, [0x67, 9], pps, [0x68, 9], idr),
    sequence: [sps, [0x67, 9]],
    picture: [pps, [0x68, 9]],
  },
  { name: 'an empty sample', data: sample(), sequence: [], picture: [] },
  { name: 'a sample that ends inside a length', data: sample(sei).subarray(0, 3), sequence: [], picture: [] },
  {
    name: 'a length behind the end',
    data: Buffer.concat([sample(), Buffer.from([0xff, 0xff, 0xff, 0xff, 6])]),
    sequence: [],
    picture: [],
  },
  { name: 'a unit without content', data: sample(sei, []), sequence: [], picture: [] },
])('$name', ({ data, sequence, picture }) => {
  const found = parameterSetsOf(data)
  expect(found.sequence.map((unit) => [...unit])).toEqual(sequence)
  expect(found.picture.map((unit) => [...unit])).toEqual(picture)
})
