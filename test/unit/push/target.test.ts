import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../src/cleanup.ts'
import { Feed } from '../../../src/feed/feed.ts'
import { Target } from '../../../src/push/target.ts'
import { targetOptions } from '../../support/target-options.ts'
import { makeFragments } from '../feed/make-fragments.ts'

let cleanup: Cleanup
beforeEach(() => {
  cleanup = new Cleanup()
})
afterEach(() => cleanup.run())

/** Without a server each attempt fails at once: what is left is the loop around it. */
function makeTarget() {
  const options = targetOptions({ url: 'rtmp://127.0.0.1:1/live', key: 'abc' })
  const feed = new Feed({ maxSeconds: 9, maxBytes: 999 })
  const lines: string[] = []
  const target = new Target({
    ...options,
    feed,
    log: pino({ level: 'info', base: null, timestamp: false }, { write: (line: string) => lines.push(line) }),
  })
  cleanup.defer(() => target.close())
  const addMedia = (): void => {
    for (const fragment of makeFragments('K')) feed.append(fragment)
  }
  return { feed, target, lines, addMedia, history: options.history }
}

describe('Target', () => {
  test('waits for media, and shows where it will go without any secret', async () => {
    const { target } = makeTarget()
    expect(target.snapshot()).toEqual({
      name: 'one',
      kind: 'rtmp',
      destination: 'rtmp://127.0.0.1:1',
      state: 'waiting',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      liveSince: null,
      bitrateBps: 0,
      sentBytes: 0,
      droppedFragments: 0,
      droppedSeconds: 0,
      reconnects: 0,
      failures: 0,
      nextTryAt: null,
      lastError: null,
      errorClass: null,
      profile: null,
    })
  })

  test('tries again after a second at the most, and logs each change once with its reason', async () => {
    const { target, lines, addMedia, history } = makeTarget()
    addMedia()
    await expect.poll(() => target.snapshot().state).toBe('retrying')
    const { nextTryAt, since, failures, lastError, errorClass } = target.snapshot()
    const delayMs = Date.parse(nextTryAt ?? '') - Date.parse(since)
    expect(delayMs).toBeGreaterThan(600)
    expect(delayMs).toBeLessThanOrEqual(1_000)
    expect({ failures, errorClass }).toEqual({ failures: 1, errorClass: 'refused' })
    expect(history.recent().map(({ state }) => state)).toEqual(['waiting', 'connecting', 'retrying'])
    expect(history.recent().at(-1)).toMatchObject({ at: since, reason: lastError, errorClass: 'refused' })
    const base = { target: 'one', destination: 'rtmp://127.0.0.1:1', msg: 'target changed its state' }
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { ...base, level: 30, from: 'waiting', to: 'connecting', reason: 'there is media' },
      { ...base, level: 40, from: 'connecting', to: 'retrying', reason: lastError },
    ])
  })

  test('is stopped at once by close(), for good, also between two attempts', async () => {
    const { target, addMedia } = makeTarget()
    addMedia()
    await expect.poll(() => target.snapshot().state).toBe('retrying')
    const closed = target.close()
    expect(target.snapshot()).toMatchObject({ state: 'stopped' })
    await Promise.all([closed, target.close()])
    expect(target.snapshot()).toMatchObject({ state: 'stopped', nextTryAt: null })
  })

  test('tries nothing when media comes and it is closed in the same tick', async () => {
    const { target, lines, addMedia } = makeTarget()
    addMedia()
    await target.close()
    expect(target.snapshot()).toMatchObject({ state: 'stopped', failures: 0, lastError: null })
    expect(lines).toHaveLength(1)
  })

  test('stops when the stream ends without media', async () => {
    const { feed, target } = makeTarget()
    feed.end()
    await expect.poll(() => target.snapshot().state).toBe('stopped')
  })
})
