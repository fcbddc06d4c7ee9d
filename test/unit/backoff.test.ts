import { expect, test } from 'vitest'
import { backoffMs } from '../../src/backoff.ts'

const rule = { firstMs: 250, maxMs: 10_000, jitter: 0.2 }

test.each([
  // Nothing failed yet counts like the first failure.
  { failures: 0, random: 0, ms: 250 },
  { failures: 1, random: 0, ms: 250 },
  { failures: 2, random: 0, ms: 500 },
  { failures: 6, random: 0, ms: 8_000 },
  { failures: 7, random: 0, ms: 10_000 },
  { failures: 5_000, random: 0, ms: 10_000 },
  { failures: 1, random: 0.5, ms: 225 },
  { failures: 7, random: 0.999_999, ms: 8_000 },
])('after $failures failures and with $random: $ms ms', ({ failures, random, ms }) => {
  expect(backoffMs(rule, failures, random)).toBe(ms)
})

test('without jitter chance changes nothing', () => {
  expect(backoffMs({ ...rule, jitter: 0 }, 3, 0.9)).toBe(1_000)
})
