import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BitrateLimit, countEveryMs } from '../../../src/sfu/bitrate-limit.ts'
import { IngestDeadlines } from '../../../src/sfu/ingest-deadlines.ts'

describe('a publisher that does not get on', () => {
  let late: string[]
  let deadlines: IngestDeadlines

  beforeEach(() => {
    vi.useFakeTimers()
    late = []
    deadlines = new IngestDeadlines(({ code, message }) => late.push(`${code}: ${message}`))
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  test.each([
    { done: [], withinMs: 15_000, says: /begin to connect/ },
    { done: ['connect'] as const, withinMs: 15_000, says: /did not come about/ },
    { done: ['connect', 'connected'] as const, withinMs: 20_000, says: /sends no media/ },
    // A step implies those before.
    { done: ['connected'] as const, withinMs: 20_000, says: /sends no media/ },
  ])('after $done ends once', ({ done, withinMs, says }) => {
    for (const step of done) {
      vi.advanceTimersByTime(10_000)
      deadlines.reached(step)
    }
    vi.advanceTimersByTime(10_000)
    expect(late).toEqual([])
    vi.advanceTimersByTime(withinMs - 10_000)
    expect(late).toEqual([expect.stringMatching(says)])
    vi.advanceTimersByTime(100_000)
    expect(late).toHaveLength(1)
  })

  test('with media, or closed, has no deadline any more', () => {
    deadlines.reached('media')
    deadlines.reached('connect')
    vi.advanceTimersByTime(100_000)
    expect(late).toEqual([])
    const closed = new IngestDeadlines(() => late.push('closed'))
    closed.close()
    closed.reached('connect')
    vi.advanceTimersByTime(100_000)
    expect(late).toEqual([])
  })
})

describe('a publisher that sends more than it may', () => {
  /** Counts what comes at so many bit/s each second; returns what is said when. */
  function counted(bitrates: readonly (readonly [bps: number, seconds: number])[]) {
    const limit = new BitrateLimit(1_000_000)
    const said: string[] = []
    let [bytes, atMs] = [0, 5_000]
    for (const [bps, seconds] of bitrates) {
      for (let passed = 0; passed < seconds * 1_000; passed += countEveryMs) {
        bytes += (bps / 8 / 1_000) * countEveryMs
        atMs += countEveryMs
        const verdict = limit.count(bytes, atMs)
        if (verdict !== 'within') said.push(`${verdict} at ${(atMs - 5_000) / 1_000} s`)
        if (verdict === 'end') return said
      }
    }
    return said
  }

  test.each([
    { what: 'as much as it may, and what comes on top', bitrates: [[1_200_000, 60]], said: [] },
    {
      what: 'bursts',
      bitrates: [
        [500_000, 20],
        [4_000_000, 2],
        [500_000, 20],
      ],
      said: [],
    },
    { what: 'twice as much', bitrates: [[2_000_000, 60]], said: ['warn at 10 s', 'end at 30 s'] },
    {
      what: 'too much, then less, then too much again',
      bitrates: [
        [2_000_000, 20],
        [500_000, 20],
        [2_000_000, 12],
      ],
      said: ['warn at 10 s', expect.stringMatching(/^warn at (4[6-9]|5\d) s$/)],
    },
  ] as const)('$what', ({ bitrates, said }) => expect(counted(bitrates)).toEqual(said))
})
