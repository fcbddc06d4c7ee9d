import { expect, test } from 'vitest'
import { guardedCommand, maxChildBytes } from '../../../src/ffmpeg/child-guard.ts'

test('a child dies with its parent and has an end to its memory', () => {
  expect(guardedCommand('/opt/ffmpeg', () => true)).toEqual({
    command: '/usr/bin/setpriv',
    leading: [
      '--pdeathsig',
      'KILL',
      '--',
      '/usr/bin/prlimit',
      `--data=${maxChildBytes}`,
      '--',
      '/opt/ffmpeg',
    ],
  })
})

test('it starts as it is where there is no util-linux, and with the half that is there', () => {
  expect(guardedCommand('ffmpeg', () => false)).toEqual({ command: 'ffmpeg', leading: [] })
  const { command, leading } = guardedCommand('ffmpeg', (path) => path.endsWith('/prlimit'))
  expect([command, leading.at(-1)]).toEqual(['/usr/bin/prlimit', 'ffmpeg'])
})
