import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Answering, askEveryMs, watchWorker } from '../../../src/sfu/worker-watch.ts'

let nowMs = 0
const clock = () => nowMs
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

const answers: Answering = { getResourceUsage: async () => ({}) }
const silent: Answering = { getResourceUsage: () => new Promise(() => undefined) }

async function pass(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    nowMs += askEveryMs
    await vi.advanceTimersByTimeAsync(askEveryMs)
  }
}

test('a worker that answers is left alone', async () => {
  const onHung = vi.fn()
  watchWorker(answers, onHung, clock)
  await pass(100)
  expect(onHung).not.toHaveBeenCalled()
})

test('one that does not is found once, after some questions', async () => {
  const onHung = vi.fn()
  watchWorker(silent, onHung, clock)
  await pass(3)
  expect(onHung).not.toHaveBeenCalled()
  await pass(100)
  expect(onHung).toHaveBeenCalledTimes(1)
})

test('one whose answers could not be read, because this process stood still, gets time', async () => {
  const onHung = vi.fn()
  watchWorker(silent, onHung, clock)
  await pass(3)
  // One late tick: the clock went on, the timer did not.
  nowMs += askEveryMs * 10
  await pass(1)
  expect(onHung).not.toHaveBeenCalled()
})

test('one that fails to answer because it is gone is no longer asked', async () => {
  const onHung = vi.fn()
  const getResourceUsage = vi.fn(async () => {
    throw new Error('Worker closed')
  })
  watchWorker({ getResourceUsage }, onHung, clock)
  await pass(100)
  expect(getResourceUsage).toHaveBeenCalledTimes(1)
  expect(onHung).not.toHaveBeenCalled()
})
