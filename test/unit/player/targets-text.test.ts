import { describe, expect, test } from 'vitest'
import { targetRow } from '../../../player/src/publish/targets/targets-text.ts'
import type { TargetDetails } from '../../../src/targets/target-details.ts'

const now = '2026-01-01T00:00:10.000Z'
const nowMs = Date.parse(now)

const ready: TargetDetails = {
  name: 'Main',
  kind: 'youtube',
  destination: 'rtmps://a.example:443',
  state: 'waiting',
  since: now,
  liveSince: null,
  bitrateBps: 0,
  sentBytes: 0,
  droppedFragments: 0,
  droppedSeconds: 0,
  reconnects: 0,
  failures: 0,
  nextTryAt: null,
  lastError: null,
  errorClass: null,
  profile: null,
  enabled: true,
  hasKey: true,
  source: 'api',
  scope: 'show',
  history: [],
}
const live = {
  ...ready,
  state: 'live',
  liveSince: '2026-01-01T00:00:00.000Z',
  bitrateBps: 2_500_000,
} as const
const away = { ...ready, nextTryAt: '2026-01-01T00:00:13.500Z', failures: 1 }
const reset = { lastError: 'The server closed the connection.', errorClass: 'reset' } as const
const rejected = {
  ...away,
  state: 'refused',
  lastError: 'The server refused it.',
  errorClass: 'rejected',
} as const
const slow = { ...live, droppedSeconds: 4.2, lastError: 'Too slow.', errorClass: 'too-slow' } as const

describe('targetRow', () => {
  test.each([
    [ready, 'Ready: starts when the stream is live', 'off', null],
    [{ ...ready, state: 'connecting' }, 'Connecting to rtmps://a.example:443…', 'busy', null],
    [live, 'Live for 10 s · 2.5 Mbit/s', 'good', null],
    [
      { ...live, reconnects: 2, ...reset },
      'Live for 10 s · 2.5 Mbit/s · reconnected 2 ×',
      'good',
      /^Last problem: The server closed the connection\.$/,
    ],
    [slow, 'Live for 10 s · 2.5 Mbit/s · 4.2 s left out', 'good', /^Too slow\. Choose a lower bitrate/],
    [{ ...live, state: 'stalled' }, 'Stalled: the server takes no data', 'bad', null],
    [
      { ...away, state: 'retrying', sentBytes: 9, ...reset },
      'Interrupted, trying again in 4 s',
      'bad',
      /^The server closed the connection\.$/,
    ],
    [rejected, 'Refused, trying again in 4 s', 'bad', /^The server refused it\. Check on the platform/],
    [{ ...rejected, nextTryAt: null }, 'Refused, trying again', 'bad', /refused/],
    [{ ...rejected, state: 'stopped', enabled: false }, 'Off', 'off', null],
  ] as const)('%#', (target, state, health, problem) => {
    const row = targetRow(target, nowMs)
    expect(row).toMatchObject({ name: 'Main', kind: 'YouTube', state, health })
    if (problem === null) expect(row.problem).toBeNull()
    else expect(row.problem).toMatch(problem)
  })

  test('says what is done to the stream for a platform, and nothing when it is sent as it comes', () => {
    expect(targetRow(live, nowMs).note).toBeNull()
    expect(targetRow({ ...live, profile: { mode: 'copy', reasons: [] } }, nowMs).note).toBeNull()
    const profile = { mode: 'encode' as const, reasons: ['It is encoded.', 'Silence is added.'] }
    expect(targetRow({ ...live, profile }, nowMs).note).toBe('It is encoded. Silence is added.')
  })

  test.each([
    [ready, ['stop', 'remove']],
    [rejected, ['retry', 'stop', 'remove']],
    [{ ...ready, state: 'stopped', enabled: false }, ['start', 'remove']],
    // Set elsewhere: it can only be switched here.
    [{ ...ready, source: 'config' }, ['stop']],
    [{ ...ready, scope: '*' }, ['stop']],
  ] as const)('offers what can be done: %#', (target, actions) => {
    expect(targetRow(target, nowMs).actions).toEqual(actions)
  })

  test('says that it is there for all streams', () => {
    expect(targetRow({ ...ready, scope: '*' }, nowMs).kind).toBe('YouTube, for all streams')
  })
})
