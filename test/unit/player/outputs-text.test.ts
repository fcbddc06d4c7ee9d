import { describe, expect, test } from 'vitest'
import { hlsLine } from '../../../player/src/publish/view/outputs-text.ts'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'

const now = '2026-01-01T00:00:10.000Z'

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
    expect(hlsLine(snapshot).text).toBe(text)
  })
})
