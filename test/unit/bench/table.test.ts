import { expect, test } from 'vitest'
import { formatSummary, formatTable } from '../../../scripts/bench/table.ts'

test('aligns columns by their widest cell', () => {
  const text = formatTable({
    title: 'CPU',
    columns: ['streams', 'all', 'ffmpeg'],
    rows: [
      ['1', '0.04', '0.0300'],
      ['8 copied streams', '0.3', '0.2'],
    ],
    notes: ['one reader each'],
  })
  expect(text.split('\n')).toEqual([
    'CPU',
    '',
    'streams            all  ffmpeg',
    '----------------  ----  ------',
    '1                 0.04  0.0300',
    '8 copied streams   0.3     0.2',
    '',
    '  one reader each',
  ])
})

test('shows the range only when there was more than one run', () => {
  expect(formatSummary({ median: 0.5, min: 0.25, max: 1, runs: 3 }, 2)).toBe('0.50 (0.25–1.00)')
  expect(formatSummary({ median: 0.5, min: 0.5, max: 0.5, runs: 1 }, 1)).toBe('0.5')
})
