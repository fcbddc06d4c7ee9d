import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Outcome, Waiters } from '../../../src/hls/waiters.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function fixture() {
  const waiters = new Waiters(3000)
  const outcomes: Outcome<string>[] = []
  const done = (outcome: Outcome<string>) => void outcomes.push(outcome)
  return { waiters, outcomes, done }
}

test('one wake answers all whose media is there', () => {
  const { waiters, outcomes, done } = fixture()
  let there = false
  waiters.add(() => (there ? 'a' : undefined), done)
  waiters.add(() => (there ? 'b' : undefined), done)
  waiters.add(() => undefined, done)
  waiters.wake()
  expect(outcomes).toEqual([])
  there = true
  waiters.wake()
  expect(outcomes).toEqual([{ answer: 'a' }, { answer: 'b' }])
  expect(waiters.size).toBe(1)
})

test('an attempt that throws ends the waiting of this one only', () => {
  const { waiters, outcomes, done } = fixture()
  const error = new Error('gone')
  waiters.add(() => {
    throw error
  }, done)
  waiters.add(() => 'a', done)
  waiters.wake()
  expect(outcomes).toEqual([{ error }, { answer: 'a' }])
})

test('each waits for the whole time, by one timer', () => {
  const { waiters, outcomes, done } = fixture()
  waiters.add(() => undefined, done)
  vi.advanceTimersByTime(1000)
  waiters.add(() => undefined, done)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(2001)
  expect(outcomes).toEqual(['late'])
  vi.advanceTimersByTime(1001)
  expect(outcomes).toEqual(['late', 'late'])
  expect(vi.getTimerCount()).toBe(0)
})

test('who hung up hears nothing', () => {
  const { waiters, outcomes, done } = fixture()
  const cancel = waiters.add(() => 'a', done)
  cancel()
  waiters.wake()
  vi.advanceTimersByTime(4000)
  expect(outcomes).toEqual([])
  expect(waiters.size).toBe(0)
})
