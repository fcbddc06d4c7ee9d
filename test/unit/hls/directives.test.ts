import { expect, test } from 'vitest'
import { judge, type LiveEdge, readDirectives } from '../../../src/hls/directives.ts'

test.each([
  [{}, { msn: undefined, part: undefined, skip: false }],
  [
    { _HLS_msn: '7', _HLS_part: '0' },
    { msn: 7, part: 0, skip: false },
  ],
  [
    { _HLS_msn: '7', _HLS_skip: 'v2', token: 'x' },
    { msn: 7, part: undefined, skip: true },
  ],
  [{ _HLS_skip: 'YES' }, { msn: undefined, part: undefined, skip: true }],
  [{ _HLS_skip: 'v9' }, { msn: undefined, part: undefined, skip: false }],
  [{ _HLS_part: '1' }, 'wrong'],
  [{ _HLS_msn: '' }, 'wrong'],
  [{ _HLS_msn: '-1' }, 'wrong'],
  [{ _HLS_msn: '1.5' }, 'wrong'],
  [{ _HLS_msn: '1e3' }, 'wrong'],
  [{ _HLS_msn: ['1', '2'] }, 'wrong'],
  [{ _HLS_msn: '1', _HLS_part: 'x' }, 'wrong'],
  [{ _HLS_skip: ['YES', 'YES'] }, 'wrong'],
  [{ _HLS_msn: '9999999999999999' }, 'wrong'],
])('%j is %j', (query, expected) => {
  expect(readDirectives(query)).toEqual(expected)
})

const edge: LiveEdge = {
  lastSequence: 10,
  lastParts: 5,
  openParts: 2,
  partTargetSeconds: 0.229,
  ended: false,
}

test.each<[string, number, number | undefined, Partial<LiveEdge>, string]>([
  ['no part: the newest whole segment', 10, undefined, {}, 'answer'],
  ['no part: the open segment', 11, undefined, {}, 'wait'],
  ['no part: two ahead', 12, undefined, {}, 'wait'],
  ['no part: three ahead', 13, undefined, {}, 'too far'],
  ['long gone', 0, 99, {}, 'answer'],
  ['a part that is there', 11, 1, {}, 'answer'],
  ['the next part', 11, 2, {}, 'wait'],
  ['within the Advance Part Limit of 13.1', 11, 14, {}, 'wait'],
  ['beyond it', 11, 15, {}, 'too far'],
  ['beyond it, a segment further', 12, 13, {}, 'too far'],
  ['limit of long parts', 11, 4, { partTargetSeconds: 1 }, 'wait'],
  ['beyond the limit of long parts', 11, 5, { partTargetSeconds: 1 }, 'too far'],
  ['behind the last part: the first of the next, which is there', 10, 5, {}, 'answer'],
  ['behind the last part: the first of the next, which is not', 10, 5, { openParts: 0 }, 'wait'],
  ['the last part', 10, 4, { openParts: 0 }, 'answer'],
  ['a segment that lists no parts', 10, 0, { lastParts: 0, openParts: 0 }, 'answer'],
  ['after the end', 99, 99, { ended: true }, 'answer'],
])('%s: segment %d part %s', (_, msn, part, more, expected) => {
  expect(judge({ msn, part, skip: false }, { ...edge, ...more })).toBe(expected)
})
