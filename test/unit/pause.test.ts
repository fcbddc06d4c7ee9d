import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { pause } from '../../src/pause.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('pause', () => {
  test('ends after its time', async () => {
    const ended = pause(1_000, new AbortController().signal)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(1_000)
    await ended
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends at once when it is or was aborted, and leaves no timer', async () => {
    const closing = new AbortController()
    const ended = pause(60_000, closing.signal)
    closing.abort()
    await ended
    await pause(60_000, closing.signal)
    expect(vi.getTimerCount()).toBe(0)
  })
})
