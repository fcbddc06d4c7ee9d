import { describe, expect, test } from 'vitest'
import { fatalStep } from '../../../player/src/watch/playback/fatal-step.ts'
import { nextLook, syncTarget } from '../../../player/src/watch/playback/sync-target.ts'
import { shouldLoad } from '../../../player/src/watch/should-load.ts'
import { type StallFacts, stallStep } from '../../../player/src/watch/stall-step.ts'
import { keyAction } from '../../../player/src/watch/view/key-action.ts'
import { isBehind, latencySeconds, liveBadgeText } from '../../../player/src/watch/view/latency.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'

describe('shouldLoad', () => {
  const liveSince = '2026-01-01T00:00:00.000Z'
  const nowMs = Date.parse(liveSince) + 3000
  const hls = {
    path: '/',
    playable: true,
    segments: 2,
    mediaSequence: 0,
    bufferedBytes: 0,
    partTargetSeconds: null,
    waitingViewers: 0,
  }
  const stream: StreamSnapshot = {
    name: 'alice',
    state: 'live',
    reason: '',
    since: liveSince,
    liveSince,
    tracks: [],
    packager: null,
    feed: null,
    hls,
    targets: [],
  }
  const first = { ...stream, hls: { ...hls, segments: 1 } }
  test.each([
    ['live and playable', stream, null, 0, true],
    ['interrupted, but playable', { ...stream, state: 'interrupted' }, null, 0, true],
    ['unknown', null, null, 0, false],
    ['over, the playlist is still there', { ...stream, state: 'idle' }, null, 0, false],
    ['not playable yet', { ...stream, hls: { ...hls, playable: false } }, null, 0, false],
    ['played to its end already', stream, liveSince, 0, false],
    ['another broadcast', stream, '2025-12-31T00:00:00.000Z', 0, true],
    ['too little to go on', first, null, 0, false],
    ['one long segment', first, null, 4000, true],
    ['one segment of unknown age', { ...first, liveSince: null }, null, 0, true],
  ] as const)('%s', (_, snapshot, ended, laterMs, load) => {
    expect(shouldLoad(snapshot, ended, nowMs + laterMs)).toBe(load)
  })
})

test.each([
  ['just now', 500, 5, 10_000, 60_000, 'wait'],
  ['newer media is there', 3000, 5, 10_000, 60_000, 'jump'],
  ['jumped a moment ago', 5000, 5, 1000, 60_000, 'wait'],
  ['nothing newer', 5000, 0.2, 10_000, 60_000, 'wait'],
  ['edge unknown', 5000, null, 10_000, 60_000, 'wait'],
  ['jumps do not help', 8000, 5, 5000, 60_000, 'rebuild'],
  ['nothing newer for long', 8000, 0, 60_000, 60_000, 'rebuild'],
  ['the stream came back a moment ago', 60_000, 0, 60_000, 1000, 'wait'],
  ['the stream is interrupted', 60_000, 0, 60_000, null, 'wait'],
] as const)('a picture that stands still: %s', (_, stalledMs, newerSeconds, sinceJumpMs, liveMs, step) => {
  const facts: StallFacts = { stalledMs, newerSeconds, sinceJumpMs, liveMs }
  expect(stallStep(facts)).toBe(step)
})

test.each([
  ['network', [], 'startLoad'],
  ['network', [90_000], 'rebuild'],
  ['network', [10_000], 'startLoad'],
  ['media', [], 'recoverMedia'],
  ['media', [95_000], 'rebuild'],
  ['other', [], 'rebuild'],
] as const)('a fatal %s error after %j', (kind, earlier, step) => {
  expect(fatalStep(kind, earlier, 100_000)).toBe(step)
})

describe('latency', () => {
  test.each([
    [10_000, 13_240, 3.24],
    [10_000, 9000, 0],
    [null, 9000, null],
    [Number.NaN, 9000, null],
  ])('of %s at %d', (dateMs, nowMs, seconds) => {
    expect(latencySeconds(dateMs, nowMs)).toBe(seconds)
  })
  test.each([
    ['playing', 'moving', 3.24, 'Live · 3.2 s'],
    ['playing', 'moving', null, 'Live'],
    ['playing', 'moving', 75, 'Live · over 1 min'],
    ['playing', 'paused', 3, 'Paused'],
    ['playing', 'still', 3, 'Buffering'],
    ['reconnecting', 'moving', 3, 'Interrupted'],
    ['waiting', 'still', null, 'Offline'],
  ] as const)('badge %s %s %s', (state, picture, latency, text) => {
    expect(liveBadgeText(state, picture, latency)).toBe(text)
  })
  test.each([
    [null, false],
    [0.4, false],
    [3.5, true],
  ])('%s s behind', (gap, behind) => {
    expect(isBehind(gap)).toBe(behind)
  })
})

test.each([
  [{ key: ' ' }, 'playPause'],
  [{ key: ' ', onControl: true }, null],
  [{ key: 'K' }, 'playPause'],
  [{ key: 'm', onControl: true }, 'mute'],
  [{ key: 'f', ctrlKey: true }, null],
  [{ key: 'l' }, 'live'],
  [{ key: 'x' }, null],
])('key %j', (event, action) => {
  const plain = { ctrlKey: false, metaKey: false, altKey: false, onControl: false }
  expect(keyAction({ ...plain, ...event })).toBe(action)
})

test.each([
  ['a look just after a segment came', 2, 0.3, 3.2],
  ['a look before the segment came', 2, -0.2, 3.4],
  ['a look half way', 2, 0.8, 2.7],
  ['a look just before the next one', 2, 2.1, 2.6],
  ['no dates', 2, null, 3.4],
  ['long segments', 10, 1, 16.5],
] as const)('the reserve after %s', (_, targetDuration, edgeAge, seconds) => {
  expect(syncTarget(targetDuration, edgeAge)).toBeCloseTo(seconds, 6)
})

test.each([
  ['a fresh playlist', 2, 0.4, null],
  ['a late look', 2, 1.5, 1],
  ['a very late look', 2, 2.25, 0.25],
  ['a stream that stands still', 2, 9, null],
  ['no dates', 2, null, null],
  ['long segments', 10, 9, null],
] as const)('the next look after %s', (_, segment, edgeAge, seconds) => {
  expect(nextLook(segment, edgeAge)).toBe(seconds)
})
