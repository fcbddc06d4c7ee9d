import { expect, test } from 'vitest'
import { FormatWatch } from '../../../src/feed/format-watch.ts'

/** A keyframe whose parameter sets are the given letters: `S1 P1` is one of each. */
function keyframe(sets: string): Buffer {
  const units = [...sets.split(' ').filter(Boolean), 'I']
  return Buffer.concat(
    units.map((unit) => {
      const type = { S: 0x67, P: 0x68, I: 0x65 }[unit[0] ?? ''] ?? 0
      const body = Buffer.concat([Buffer.from([type]), Buffer.from(unit)])
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      return Buffer.concat([length, body])
    }),
  )
}

test.each([
  ['the same', ['S1 P1', 'S1 P1'], [null, null]],
  ['another sequence parameter set', ['S1 P1', 'S2 P1'], [null, 'size']],
  ['another picture parameter set', ['S1 P1', 'S1 P2'], [null, 'coding']],
  ['one picture parameter set more', ['S1 P1', 'S1 P1 P2'], [null, 'coding']],
  ['both', ['S1 P1', 'S2 P2'], [null, 'size']],
  ['left out in between', ['S1 P1', '', 'S1 P1', 'S2 P1'], [null, null, null, 'size']],
  ['changed and back', ['S1 P1', 'S1 P2', 'S1 P1'], [null, 'coding', 'coding']],
])('%s', (_name, keyframes, changes) => {
  const watch = new FormatWatch()
  expect(keyframes.map((sets) => watch.look(keyframe(sets)))).toEqual(changes)
})

test('it keeps no view of a sample', () => {
  const watch = new FormatWatch()
  const sample = keyframe('S1 P1')
  watch.look(sample)
  sample.fill(0)
  expect(watch.look(keyframe('S1 P1'))).toBeNull()
})
