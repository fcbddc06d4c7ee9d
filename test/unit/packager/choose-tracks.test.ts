import { expect, test } from 'vitest'
import { chooseTracks, type TrackFacts } from '../../../src/packager/choose-tracks.ts'

const nowMs = 100_000
/** `V1` sends video since 0.1 s ago; `a-2.0` is silent for 2 s. */
function track(text: string): TrackFacts {
  const [, kind = '', sends, seconds] = /^([VAva])([+-])([\d.]+)$/.exec(text) ?? []
  return {
    id: kind.toLowerCase(),
    kind: kind.toLowerCase() === 'v' ? 'video' : 'audio',
    active: sends === '+',
    sinceMs: nowMs - Number(seconds) * 1000,
  }
}

test.each<{ name: string; announced: string; tracks: string[]; running: string; chosen: string }>([
  { name: 'nothing there', announced: 'va', tracks: [], running: '', chosen: '' },
  { name: 'nothing sends yet', announced: 'va', tracks: ['v-9', 'a-9'], running: '', chosen: '' },
  {
    name: 'all that was announced sends',
    announced: 'va',
    tracks: ['v+0', 'a+0'],
    running: '',
    chosen: 'va',
  },
  {
    name: 'the second one is waited for',
    announced: 'va',
    tracks: ['v+1.4', 'a-9'],
    running: '',
    chosen: '',
  },
  { name: 'but not for ever', announced: 'va', tracks: ['v+1.5', 'a-9'], running: '', chosen: 'v' },
  { name: 'also when it is not there at all', announced: 'va', tracks: ['a+1.5'], running: '', chosen: 'a' },
  {
    name: 'the wait begins with the first',
    announced: 'va',
    tracks: ['v+3', 'a-0'],
    running: '',
    chosen: 'v',
  },
  { name: 'only one was announced', announced: 'v', tracks: ['v+0'], running: '', chosen: 'v' },
  { name: 'one more than announced', announced: 'v', tracks: ['v+0', 'a+0'], running: '', chosen: 'va' },
  { name: 'one joins', announced: 'va', tracks: ['v+9', 'a+0'], running: 'v', chosen: 'va' },
  {
    name: 'one that does not send yet joins later',
    announced: 'va',
    tracks: ['v+9', 'a-0'],
    running: 'v',
    chosen: 'v',
  },
  { name: 'one left', announced: 'va', tracks: ['v+9'], running: 'va', chosen: 'v' },
  { name: 'all left', announced: 'va', tracks: [], running: 'va', chosen: '' },
  {
    name: 'one is silent for a moment',
    announced: 'va',
    tracks: ['v+9', 'a-5.9'],
    running: 'va',
    chosen: 'va',
  },
  { name: 'one is silent for long', announced: 'va', tracks: ['v+9', 'a-6'], running: 'va', chosen: 'v' },
  { name: 'all are silent', announced: 'va', tracks: ['v-60', 'a-60'], running: 'va', chosen: 'va' },
  { name: 'replaced by another of its kind', announced: 'v', tracks: ['v+0'], running: 'x', chosen: 'v' },
])('$name', ({ announced, tracks, running, chosen }) => {
  const result = chooseTracks({
    announcedKinds: [...announced].map((kind) => (kind === 'v' ? 'video' : 'audio')),
    tracks: tracks.map(track),
    runningIds: [...running],
    nowMs,
  })
  expect(result.map(({ id }) => id).join('')).toBe(chosen)
})
