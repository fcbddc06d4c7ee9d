import { afterEach, expect, test, vi } from 'vitest'
import { steadyNowMs } from '../../src/steady-clock.ts'

afterEach(() => void vi.useRealTimers())

test.each([3_600_000, -3_600_000])('a step of the system clock by %i ms changes nothing', (byMs) => {
  const before = steadyNowMs()
  expect(Math.abs(before - Date.now())).toBeLessThan(10_000)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs })
  expect(Math.abs(Date.now() - before)).toBeGreaterThan(3_000_000)
  const after = steadyNowMs()
  expect(after - before).toBeGreaterThanOrEqual(0)
  expect(after - before).toBeLessThan(10_000)
})
