import { expect, test } from 'vitest'
import {
  autoplayText,
  type WatchFacts,
  type WatchState,
  watchText,
} from '../../../player/src/watch/view/watch-text.ts'

const facts: WatchFacts = {
  name: 'alice',
  stream: null,
  unreachable: false,
  playedBefore: false,
  stalled: false,
}

const table: [WatchState, Partial<WatchFacts>, string | RegExp][] = [
  ['waiting', {}, 'alice is not live yet. This page starts by itself.'],
  ['waiting', { playedBefore: true }, /not live any more/],
  ['waiting', { stream: 'starting' }, /about to start/],
  ['waiting', { unreachable: true }, /cannot be reached/],
  ['loading', {}, 'Loading…'],
  ['reconnecting', {}, 'Reconnecting…'],
  ['reconnecting', { stream: 'interrupted' }, /^Reconnecting….*interrupted/],
  ['reconnecting', { unreachable: true }, /^Reconnecting….*cannot be reached/],
  ['ended', {}, 'The stream has ended.'],
  ['playing', {}, ''],
  ['playing', { stalled: true }, 'Buffering…'],
]

test.each(table)('%s %j', (state, more, text) => {
  expect(watchText(state, { ...facts, ...more })).toMatch(text)
})

test('a picture that moves speaks for itself', () => {
  expect(watchText('playing', facts)).toBe('')
})

test.each([
  ['pressPlay', /press “Play”/],
  ['pausedByBrowser', /paused/],
  ['mutedByBrowser', /“Sound on”/],
  [null, /^$/],
] as const)('the browser’s autoplay rules: %s', (notice, text) => {
  expect(autoplayText(notice)).toMatch(text)
})
