import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteRange, cut } from '../../../src/hls/byte-range.ts'

test.each([
  [undefined, undefined],
  ['bytes=0-3', { first: 0, last: 3 }],
  ['Bytes=0-3', { first: 0, last: 3 }],
  ['bytes=4-', { first: 4, last: 9 }],
  ['bytes=9-9', { first: 9, last: 9 }],
  ['bytes=0-99', { first: 0, last: 9 }],
  ['bytes=-4', { first: 6, last: 9 }],
  ['bytes=-99', { first: 0, last: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=10-12', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=99999999999999999999999-', 'unsatisfiable'],
  ['bytes=5-4', undefined],
  ['bytes=-', undefined],
  ['bytes=a-b', undefined],
  ['bytes=0-1,3-4', undefined],
  ['items=0-3', undefined],
  ['', undefined],
])('%s of 10 bytes', (header, expected) => {
  expect(byteRange(header, 10)).toEqual(expected)
})

test('a range of bytes that come in pieces is the same range of all of them', () => {
  const anyPieces = fc.array(
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(anyPieces, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (pieces, one, other) => {
      const [first, last] = [Math.min(one, other), Math.max(one, other)]
      const inside = cut(pieces, { first, last })
      expect(Buffer.concat(inside)).toEqual(Buffer.concat(pieces).subarray(first, last + 1))
      expect(inside.every(({ length }) => length > 0)).toBe(true)
    }),
  )
})
