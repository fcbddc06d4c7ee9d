import { expect, test } from 'vitest'
import { TargetHistories } from '../../../src/targets/target-histories.ts'

test('a thousand histories are kept; the one that was not opened for the longest time goes first', () => {
  const histories = new TargetHistories()
  const first = histories.open('stream-0', 'one')
  for (let count = 1; count < 1_000; count += 1) histories.open(`stream-${count}`, 'one')
  expect(histories.open('stream-0', 'one')).toBe(first)
  histories.open('another', 'one')
  expect(histories.get('stream-0', 'one')).toBe(first)
  expect(histories.get('stream-1', 'one')).toBeUndefined()
  expect(histories.get('stream-2', 'one')).toBeDefined()
  histories.delete('stream-0', 'one')
  expect(histories.get('stream-0', 'one')).toBeUndefined()
})
