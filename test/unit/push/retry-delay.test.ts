import { describe, expect, test } from 'vitest'
import { needsPerson, retryDelayMs } from '../../../src/push/retry-delay.ts'

describe('retryDelayMs', () => {
  test.each([
    ['refused', 1, false, 1_000],
    ['refused', 4, false, 8_000],
    ['reset', 9, true, 15_000],
    ['busy', 1, true, 1_000],
    // A wrong key is not hammered.
    ['rejected', 1, false, 30_000],
    ['rejected', 3, false, 120_000],
    ['rejected', 9, false, 300_000],
    ['tls', 1, false, 30_000],
    ['blocked', 1, false, 30_000],
    // One that was right a moment ago gets three quick tries.
    ['rejected', 1, true, 1_000],
    ['rejected', 3, true, 4_000],
    ['rejected', 4, true, 30_000],
  ] as const)('%s, failure %i, live before: %s → %i ms', (errorClass, failures, wasLive, ms) => {
    expect(retryDelayMs(errorClass, failures, wasLive, 0)).toBe(ms)
    // Jitter only shortens, and not to nothing.
    expect(retryDelayMs(errorClass, failures, wasLive, 0.999)).toBeGreaterThan(ms * 0.69)
    expect(retryDelayMs(errorClass, failures, wasLive, 0.999)).toBeLessThan(ms)
  })

  test('a person is needed where waiting alone mends nothing', () => {
    expect(
      ['rejected', 'blocked', 'tls', 'reset', 'gateway', 'busy'].map((each) => needsPerson(each as 'tls')),
    ).toEqual([true, true, true, false, false, false])
  })
})
