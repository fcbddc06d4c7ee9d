import { expect, test } from 'vitest'
import { MediaBudget } from '../../src/media-budget.ts'

const mebibyte = 1024 * 1024

test('what streams may hold shrinks as they come, and grows again as they go', () => {
  const budget = new MediaBudget(64 * mebibyte)
  const first = budget.add(() => 5)
  expect([budget.feedBytes, budget.hlsBytes]).toEqual([16 * mebibyte, 32 * mebibyte])
  const second = budget.add(() => 7)
  expect([budget.feedBytes, budget.hlsBytes]).toEqual([8 * mebibyte, 16 * mebibyte])
  expect(budget.usedBytes).toBe(12)
  second()
  second()
  expect([budget.feedBytes, budget.usedBytes]).toEqual([16 * mebibyte, 5])
  first()
  expect(budget.usedBytes).toBe(0)
})

test('no stream is taken whose share would be too small to play from', () => {
  const budget = new MediaBudget(2.5 * 16 * mebibyte)
  budget.add(() => 0)
  budget.checkRoom()
  const second = budget.add(() => 0)
  expect(() => budget.checkRoom()).toThrow(
    expect.objectContaining({
      code: 'TOO_LITTLE_MEMORY',
      status: 503,
      message: expect.stringMatching(/2 streams/),
    }),
  )
  second()
  budget.checkRoom()
})

test('all shares together are never more than the budget', () => {
  const budget = new MediaBudget(1_000_003)
  for (let streams = 1; streams < 50; streams += 1) {
    budget.add(() => 0)
    expect((budget.feedBytes + budget.hlsBytes) * streams).toBeLessThanOrEqual(budget.limitBytes)
  }
})
