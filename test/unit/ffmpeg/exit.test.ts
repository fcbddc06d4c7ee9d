import { expect, test } from 'vitest'
import { type ExitFacts, judgeExit } from '../../../src/ffmpeg/exit.ts'

const facts: ExitFacts = {
  code: null,
  signal: null,
  error: null,
  asked: false,
  outputError: null,
  lastErrorLine: null,
}

test.each<{ name: string; part: Partial<ExitFacts>; clean: boolean; reason: string }>([
  // ffmpeg exits 255 when it obeys a SIGTERM.
  { name: 'obeyed', part: { code: 255, asked: true }, clean: true, reason: 'was stopped' },
  {
    name: 'obeyed before it could',
    part: { signal: 'SIGTERM', asked: true },
    clean: true,
    reason: 'was stopped',
  },
  {
    name: 'did not obey',
    part: { signal: 'SIGKILL', asked: true },
    clean: true,
    reason: 'was killed because it did not stop',
  },
  {
    name: 'obeyed with complaints',
    part: { code: 1, asked: true, lastErrorLine: 'x' },
    clean: true,
    reason: 'was stopped',
  },
  // The same codes mean something else when nobody asked.
  { name: 'somebody stopped it', part: { code: 255 }, clean: false, reason: 'exited with code 255' },
  { name: 'somebody killed it', part: { signal: 'SIGKILL' }, clean: false, reason: 'was ended by SIGKILL' },
  {
    name: 'killed after an error',
    part: { signal: 'SIGSEGV', lastErrorLine: 'x' },
    clean: false,
    reason: 'was ended by SIGSEGV',
  },
  {
    name: 'input ended or timed out',
    part: { code: 0 },
    clean: false,
    reason: 'ended because its input ended',
  },
  {
    name: 'failed with words',
    part: { code: 1, lastErrorLine: 'No space' },
    clean: false,
    reason: 'No space',
  },
  { name: 'failed without words', part: { code: 1 }, clean: false, reason: 'exited with code 1' },
  {
    name: 'never started',
    part: { error: new Error('ENOENT') },
    clean: false,
    reason: 'could not be started: ENOENT',
  },
])('$name', ({ part, clean, reason }) => {
  expect(judgeExit({ ...facts, ...part })).toEqual({ ...facts, ...part, clean, reason })
})
