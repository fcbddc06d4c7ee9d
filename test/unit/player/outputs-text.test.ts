import { describe, expect, test } from 'vitest'
import { outputLines, targetLine } from '../../../player/src/publish/outputs-text.ts'
import type { StreamSnapshot, TargetSnapshot } from '../../../src/streams/snapshot.ts'

const now = '2026-01-01T00:00:10.000Z'
const nowMs = Date.parse(now)

const target: TargetSnapshot = {
  name: 'YouTube',
  destination: 'rtmp://a.example',
  state: 'waiting',
  since: now,
  bitrateBps: 0,
  failures: 0,
  nextTryAt: null,
  lastError: null,
}

describe('targetLine', () => {
  const retrying = { ...target, state: 'retrying', lastError: 'connection refused' } as const
  test.each([
    [target, 'waiting for media', 'busy'],
    [{ ...target, state: 'connecting' }, 'connecting to rtmp://a.example…', 'busy'],
    [{ ...target, state: 'live', bitrateBps: 2_500_000 }, 'live, 2.5 Mbit/s', 'good'],
    [{ ...retrying, nextTryAt: '2026-01-01T00:00:13.500Z' }, 'retrying in 4 s: connection refused', 'bad'],
    [retrying, 'retrying: connection refused', 'bad'],
    [{ ...target, state: 'stopped' }, 'stopped', 'off'],
    [{ ...target, state: 'stopped', lastError: 'no such host' }, 'stopped: no such host', 'off'],
  ] as const)('%j', (snapshot, text, mood) => {
    expect(targetLine(snapshot, nowMs)).toEqual({ name: 'YouTube', text, mood })
  })
})

describe('the line of the watch page', () => {
  const packager = { state: 'running', video: 'copy', pid: 1, failures: 0, lastError: null } as const
  const stream: StreamSnapshot = {
    name: 'alice',
    state: 'live',
    reason: '',
    since: now,
    liveSince: now,
    tracks: [],
    packager,
    feed: null,
    hls: {
      path: '/',
      playable: true,
      segments: 3,
      mediaSequence: 0,
      partTargetSeconds: null,
      waitingViewers: 0,
      bufferedBytes: 0,
    },
    targets: [],
  }
  test.each([
    [stream, 'playable'],
    [{ ...stream, packager: { ...packager, video: 'transcode' } }, 'playable (converted to H.264)'],
    [{ ...stream, hls: null }, 'getting ready…'],
    [{ ...stream, state: 'interrupted' }, 'playable, waiting for media'],
    [
      { ...stream, packager: { ...packager, state: 'retrying', lastError: 'ffmpeg ended' } },
      'interrupted, starting again: ffmpeg ended',
    ],
  ] as const)('%#', (snapshot, text) => {
    expect(outputLines(snapshot, nowMs)[0]?.text).toBe(text)
  })

  test('comes before the targets', () => {
    const names = outputLines({ ...stream, targets: [target] }, nowMs).map((line) => line.name)
    expect(names).toEqual(['Watch page', 'YouTube'])
  })
})
