import { expect, test } from 'vitest'
import { parseKilobytes, parseProcStat } from '../../../scripts/bench/proc-stat.ts'

const rest = 'S 71 4210 71 0 -1 4194304 9021 0 3 0 1234 567 8 9 20 0 11 0 360000 1193000000 14000 0 0'

test('reads a process', () => {
  expect(parseProcStat(`4210 (ffmpeg) ${rest}\n`)).toEqual({
    pid: 4210,
    name: 'ffmpeg',
    parentPid: 71,
    userTicks: 1234,
    systemTicks: 567,
  })
})

test.each(['tmux: server', 'a) S 1 2 3', '(sd-pam)', 'two\nlines'])(
  'is not misled by the name %j',
  (name) => {
    expect(parseProcStat(`4210 (${name}) ${rest}`)).toMatchObject({ name, parentPid: 71, systemTicks: 567 })
  },
)

test('refuses anything else', () => {
  expect(() => parseProcStat('')).toThrow(SyntaxError)
})

test('reads sizes', () => {
  const status = 'Name:\tffmpeg\nVmHWM:\t   60000 kB\nVmRSS:\t   57712 kB\nThreads:\t5\n'
  expect(parseKilobytes(status, 'VmRSS')).toBe(57712)
  expect(parseKilobytes(status, 'Pss')).toBeNull()
  expect(parseKilobytes(status, 'Threads')).toBeNull()
  expect(parseKilobytes('Rss:  10 kB\nPss:      4711 kB\nPss_Anon: 1 kB\n', 'Pss')).toBe(4711)
})
