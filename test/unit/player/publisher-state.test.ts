import { expect, test } from 'vitest'
import {
  isRunning,
  type PublisherState,
  publisherStatusText,
} from '../../../player/src/publish/connection/publisher-state.ts'

const nowMs = 100_000
const reason = 'the connection broke'

const table: [PublisherState, boolean, string, boolean][] = [
  [{ phase: 'idle' }, false, 'Not live. Viewers do not see you yet.', false],
  [{ phase: 'connecting' }, false, 'Connecting…', true],
  [{ phase: 'live', sinceMs: 0 }, false, 'Live. Viewers can watch in a moment…', true],
  [{ phase: 'live', sinceMs: 0 }, true, 'Live', true],
  [
    { phase: 'reconnecting', reason, retryAtMs: nowMs + 2100 },
    false,
    'Reconnecting in 3 s: the connection broke',
    true,
  ],
  [{ phase: 'reconnecting', reason, retryAtMs: null }, false, 'Reconnecting now: the connection broke', true],
  [{ phase: 'error', message: 'No.' }, false, 'No.', false],
]

test.each(table)('%j, playable: %s', (state, playable, text, running) => {
  expect(publisherStatusText(state, playable, nowMs)).toBe(text)
  expect(isRunning(state)).toBe(running)
})
