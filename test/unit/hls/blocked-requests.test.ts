import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BlockedRequests, type Outcome } from '../../../src/hls/blocked-requests.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const late = { error: expect.objectContaining({ code: 'NO_NEW_MEDIA' }) }

function fixture() {
  const blocked = new BlockedRequests(3000)
  const outcomes: Outcome<string>[] = []
  const done = (outcome: Outcome<string>) => void outcomes.push(outcome)
  return { blocked, outcomes, done }
}

test('one wake answers all whose media is there', () => {
  const { blocked, outcomes, done } = fixture()
  let there = false
  blocked.add(() => (there ? 'a' : undefined), done)
  blocked.add(() => (there ? 'b' : undefined), done)
  blocked.add(() => undefined, done)
  blocked.wake()
  expect(outcomes).toEqual([])
  there = true
  blocked.wake()
  expect(outcomes).toEqual([{ answer: 'a' }, { answer: 'b' }])
  expect(blocked.size).toBe(1)
})

test('an attempt that throws ends the waiting of this one only', () => {
  const { blocked, outcomes, done } = fixture()
  const error = new Error('gone')
  blocked.add(() => {
    throw error
  }, done)
  blocked.add(() => 'a', done)
  blocked.wake()
  expect(outcomes).toEqual([{ error }, { answer: 'a' }])
})

test('each waits for the whole time, by one timer', () => {
  const { blocked, outcomes, done } = fixture()
  blocked.add(() => undefined, done)
  vi.advanceTimersByTime(1000)
  blocked.add(() => undefined, done)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(2001)
  expect(outcomes).toEqual([late])
  vi.advanceTimersByTime(1001)
  expect(outcomes).toEqual([late, late])
  expect(vi.getTimerCount()).toBe(0)
})

test('on disconnect nothing is answered', () => {
  const { blocked, outcomes, done } = fixture()
  const cancel = blocked.add(() => 'a', done)
  cancel()
  blocked.wake()
  vi.advanceTimersByTime(4000)
  expect(outcomes).toEqual([])
  expect(blocked.size).toBe(0)
})
