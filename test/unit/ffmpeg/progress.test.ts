import { expect, test } from 'vitest'
import { createProgressParser } from '../../../src/ffmpeg/progress.ts'

const feed = (lines: string[]) => {
  const parse = createProgressParser()
  return lines.map((line) => parse(line))
}

test('a block is reported at its last line', () => {
  expect(
    feed([
      'frame=60',
      'fps=29.9',
      'bitrate= 800.1kbits/s',
      'total_size=1234',
      'out_time_us=2000000',
      'progress=continue',
    ]),
  ).toEqual([undefined, undefined, undefined, undefined, undefined, { totalBytes: 1234, outSeconds: 2 }])
})

test.each([
  {
    lines: ['total_size=N/A', 'out_time_us=N/A', 'progress=continue'],
    report: { totalBytes: 0, outSeconds: null },
  },
  { lines: ['out_time_us=-40000', 'progress=continue'], report: { totalBytes: 0, outSeconds: -0.04 } },
  { lines: ['total_size= 99', 'progress=end'], report: { totalBytes: 99, outSeconds: null } },
])('$lines', ({ lines, report }) => {
  expect(feed(lines).at(-1)).toEqual(report)
})

test('what a block leaves out is as in the one before', () => {
  expect(feed(['total_size=5', 'out_time_us=1000000', 'progress=continue', 'progress=end']).at(-1)).toEqual({
    totalBytes: 5,
    outSeconds: 1,
  })
})

test.each(['[error] Broken pipe', '', 'a text = with spaces', 'Input #0, flv', 'KEY=1'])(
  '%o is no progress',
  (line) => {
    expect(feed([line])).toEqual([null])
  },
)
