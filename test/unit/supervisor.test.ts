import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Attempt, type AttemptEnd, Supervisor, type Wait } from '../../src/supervisor.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A supervisor whose attempts end when the test says so. Failures wait for 1, 2, 3, … s. */
function supervised(healthyAfterMs = 30_000) {
  const attempts: (Attempt & { end: (how: AttemptEnd) => void; fail: (why: string) => void })[] = []
  const waits: Wait[] = []
  const supervisor = new Supervisor({
    attempt(attempt) {
      const over = Promise.withResolvers<AttemptEnd>()
      attempts.push({ ...attempt, end: over.resolve, fail: (why) => over.reject(new Error(why)) })
      return over.promise
    },
    retryDelayMs: (inARow) => inARow * 1_000,
    healthyAfterMs,
    onWait: (wait) => waits.push(wait),
  })
  const newest = () => {
    const attempt = attempts.at(-1)
    if (!attempt) throw new Error('there is no attempt')
    return attempt
  }
  return {
    supervisor,
    attempts,
    delays: () => waits.map(({ delayMs }) => delayMs),
    waits,
    newest,
    async fails(why = 'broken') {
      newest().fail(why)
      await vi.advanceTimersByTimeAsync(0)
    },
    async ends() {
      newest().end('next')
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

test('the first attempt starts at once, and only one runs at a time', async () => {
  const { attempts, supervisor } = supervised()
  expect(attempts).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(attempts).toHaveLength(1)
  void supervisor.close()
})

describe('after a failure', () => {
  test('it waits longer each time, and says why', async () => {
    const { fails, waits, attempts, delays } = supervised()
    await fails('first')
    expect(waits).toMatchObject([{ failure: { error: new Error('first'), inARow: 1 }, delayMs: 1_000 }])
    await vi.advanceTimersByTimeAsync(999)
    expect(attempts).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(attempts).toHaveLength(2)
    await fails()
    await vi.advanceTimersByTimeAsync(2_000)
    await fails()
    expect(delays()).toEqual([1_000, 2_000, 3_000])
  })

  test('an attempt that was healthy for long enough starts the count anew', async () => {
    const { fails, newest, delays } = supervised()
    await fails()
    await vi.advanceTimersByTimeAsync(1_000)
    newest().healthy()
    await vi.advanceTimersByTimeAsync(20_000)
    newest().healthy()
    await vi.advanceTimersByTimeAsync(9_999)
    await fails()
    await vi.advanceTimersByTimeAsync(2_000)
    newest().healthy()
    await vi.advanceTimersByTimeAsync(30_000)
    await fails()
    expect(delays()).toEqual([1_000, 2_000, 1_000])
  })

  test('one that only lives, but never is healthy, counts on', async () => {
    const { fails, delays } = supervised()
    await fails()
    await vi.advanceTimersByTimeAsync(1_000 + 60_000)
    await fails()
    expect(delays()).toEqual([1_000, 2_000])
  })

  test('the wait can be cut short', async () => {
    const { fails, supervisor, attempts } = supervised()
    await fails()
    supervisor.retryNow()
    await vi.advanceTimersByTimeAsync(0)
    expect(attempts).toHaveLength(2)
    // Only that wait.
    await fails()
    expect(attempts).toHaveLength(2)
  })
})

describe('after an end on purpose', () => {
  test('the next follows at once, but not when attempts do nothing else', async () => {
    const { ends, attempts, delays, waits } = supervised()
    await ends()
    await ends()
    await ends()
    expect([attempts.length, delays()]).toEqual([4, []])
    await ends()
    expect([attempts.length, delays()]).toEqual([4, [250]])
    expect(waits[0]?.failure).toBeNull()
    await vi.advanceTimersByTimeAsync(250)
    await ends()
    expect(delays()).toEqual([250, 500])
  })

  test('healthy attempts may end as often as they like', async () => {
    const { ends, newest, delays } = supervised()
    for (let count = 0; count < 10; count += 1) {
      newest().healthy()
      await vi.advanceTimersByTimeAsync(30_000)
      await ends()
    }
    expect(delays()).toEqual([])
  })
})

describe('it ends', () => {
  test('when an attempt says that nothing is left to do', async () => {
    const { supervisor, newest, attempts } = supervised()
    newest().end('over')
    await supervisor.done
    expect(attempts).toHaveLength(1)
  })

  test('on close: the attempt is aborted and waited for, and no other follows', async () => {
    const { supervisor, newest, attempts, waits } = supervised()
    let closed = false
    const closing = supervisor.close().then(() => {
      closed = true
    })
    await vi.advanceTimersByTimeAsync(0)
    expect([newest().signal.aborted, closed]).toEqual([true, false])
    newest().fail('was killed')
    await closing
    await supervisor.close()
    expect([attempts.length, waits]).toEqual([1, []])
  })

  test('on close while it waits: at once, without a timer left', async () => {
    const { supervisor, fails, attempts } = supervised()
    await fails()
    await supervisor.close()
    expect([attempts.length, vi.getTimerCount()]).toEqual([1, 0])
  })
})
