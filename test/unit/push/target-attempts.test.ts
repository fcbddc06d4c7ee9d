import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import { createLog } from '../../../src/log.ts'
import type { PushEnd, PushOptions } from '../../../src/push/push.ts'
import { Target } from '../../../src/push/target.ts'
import { makeEpoch } from '../../support/make-media.ts'
import { targetOptions } from '../../support/target-options.ts'
import { epochA, makeFragments } from '../feed/make-fragments.ts'

/** An attempt to push that the test plays. */
class FakePush {
  static all: FakePush[] = []
  readonly options: PushOptions
  bitrateBps = 0
  arrivedBytes = 0
  movedForMs = 0
  readonly #over = Promise.withResolvers<PushEnd>()
  constructor(options: PushOptions) {
    this.options = options
    FakePush.all.push(this)
  }
  async run(signal: AbortSignal): Promise<PushEnd> {
    signal.addEventListener('abort', () => this.#over.resolve({ kind: 'closed' }))
    return await this.#over.promise
  }
  async ends(how: PushEnd): Promise<void> {
    this.#over.resolve(how)
    await vi.advanceTimersByTimeAsync(0)
  }
  async breaks(error: Error): Promise<void> {
    this.#over.reject(error)
    await vi.advanceTimersByTimeAsync(0)
  }
}
vi.mock('../../../src/push/push.ts', () => ({
  get Push() {
    return FakePush
  },
}))

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  FakePush.all = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const failed = (errorClass: 'reset' | 'rejected' | 'gateway' = 'reset'): PushEnd => ({
  kind: 'failed',
  fault: 'destination',
  class: errorClass,
  why: 'It ended: rtmp://host/live/x with abc.',
})
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)

async function targeted() {
  const feed = new Feed({ maxSeconds: 60, maxBytes: 1_000_000 })
  const options = targetOptions({ url: 'rtmp://192.0.2.1/live', key: 'abc' })
  const log = createLog({ level: 'silent', pretty: false })
  const target = new Target({ ...options, feed, log })
  const media = async (epoch = epochA) => {
    for (const fragment of makeFragments('K', epoch)) feed.append(fragment)
    await vi.advanceTimersByTimeAsync(0)
  }
  await media()
  return { target, feed, media, states: () => options.history.recent().map(({ state }) => state) }
}

function newest(): FakePush {
  const push = FakePush.all.at(-1)
  if (!push) throw new Error('nothing is pushed')
  return push
}

test('it is live since media first arrives without a break, and counts how often that was', async () => {
  const { target, media } = await targeted()
  expect(target.connectingTo).toMatchObject({
    host: '192.0.2.1',
    app: 'live',
    playPath: 'abc',
    trusted: true,
  })
  await seconds(1)
  newest().options.onLiveness('live')
  const liveSince = '2026-01-01T00:00:01.000Z'
  expect(target.snapshot()).toMatchObject({ state: 'live', since: liveSince, liveSince, reconnects: 0 })
  expect(target.connectingTo).toBeNull()
  await seconds(1)
  newest().options.onLiveness('stalled')
  await seconds(1)
  newest().options.onLiveness('live')
  expect(target.snapshot()).toMatchObject({
    ...{ state: 'live', since: '2026-01-01T00:00:03.000Z', liveSince, reconnects: 0 },
  })
  newest().arrivedBytes = 500
  newest().bitrateBps = 8_000
  expect(target.snapshot()).toMatchObject({ sentBytes: 500, bitrateBps: 8_000 })
  await newest().ends(failed())
  expect(target.snapshot()).toMatchObject({
    state: 'retrying',
    liveSince: null,
    bitrateBps: 0,
    sentBytes: 500,
  })
  await seconds(1)
  await media()
  newest().arrivedBytes = 70
  newest().options.onLiveness('live')
  expect(target.snapshot()).toMatchObject({ reconnects: 1, sentBytes: 570, nextTryAt: null })
  await target.close()
})

test('it goes on with the next epoch at once, and waits for media of the same epoch after a failure', async () => {
  const { target, media } = await targeted()
  const next = makeEpoch('b')
  await newest().ends({ kind: 'epoch', epoch: next })
  expect([FakePush.all.length, newest().options.epoch]).toEqual([2, next])
  expect(target.snapshot()).toMatchObject({ state: 'connecting', failures: 0 })
  await newest().ends(failed())
  await seconds(2)
  expect([FakePush.all.length, target.snapshot().state]).toEqual([2, 'waiting'])
  await media(next)
  expect(FakePush.all).toHaveLength(3)
  await target.close()
})

test('it stops when the feed has ended', async () => {
  const { target, feed, states } = await targeted()
  feed.end()
  await newest().ends({ kind: 'feed-ended' })
  expect([FakePush.all.length, target.snapshot().state]).toEqual([1, 'stopped'])
  expect(states()).toEqual(['waiting', 'connecting', 'stopped'])
})

test('it forgets failures and problems when media has moved for a minute', async () => {
  const { target, media } = await targeted()
  await newest().ends(failed())
  const sentence = 'It ended: rtmp://host/[hidden] with [hidden].'
  expect(target.snapshot()).toMatchObject({ failures: 1, lastError: sentence, errorClass: 'reset' })
  await seconds(1)
  await media()
  newest().movedForMs = 59_999
  await seconds(70)
  expect(target.snapshot()).toMatchObject({ failures: 1, errorClass: 'reset' })
  newest().options.onDropped(3, 1.26)
  newest().options.onDropped(1, 0.5)
  expect(target.snapshot()).toMatchObject({
    ...{ droppedFragments: 4, droppedSeconds: 1.8, errorClass: 'too-slow' },
  })
  newest().movedForMs = 60_000
  expect(target.snapshot()).toMatchObject({ failures: 0, errorClass: 'too-slow' })
  await seconds(60)
  expect(target.snapshot()).toMatchObject({ errorClass: 'too-slow' })
  await seconds(0.001)
  expect(target.snapshot()).toMatchObject({ errorClass: null, lastError: null, droppedFragments: 4 })
  // Also when it breaks before a snapshot is asked for.
  await newest().ends(failed())
  expect(target.snapshot()).toMatchObject({ failures: 1 })
  await target.close()
})

test('it waits longer each time, and says until when', async () => {
  const { target, media } = await targeted()
  for (const [index, delay] of [1, 2, 4, 8].entries()) {
    await newest().ends(failed())
    const { state, since, nextTryAt } = target.snapshot()
    expect([state, Date.parse(nextTryAt ?? '') - Date.parse(since)]).toEqual(['retrying', delay * 1_000])
    await seconds(delay - 0.001)
    await media()
    expect(FakePush.all).toHaveLength(index + 1)
    await seconds(0.001)
    await media()
    expect(FakePush.all).toHaveLength(index + 2)
  }
  await target.close()
})

test('a refusal waits for a person, unless media went there before', async () => {
  const { target, media } = await targeted()
  await newest().ends(failed('rejected'))
  expect(target.snapshot()).toMatchObject({ state: 'refused', nextTryAt: '2026-01-01T00:00:30.000Z' })
  await seconds(30)
  await media()
  newest().options.onLiveness('live')
  await newest().ends(failed('rejected'))
  // The second failure in a row, and a key that was right.
  expect(target.snapshot()).toMatchObject({ state: 'refused', nextTryAt: '2026-01-01T00:00:32.000Z' })
  await target.close()
})

test('it is tried again when asked, though 2 s after the last try at the earliest', async () => {
  const { target, media } = await targeted()
  // Asked while nothing waits: it changes nothing.
  target.retry()
  await seconds(0.5)
  await newest().ends(failed('rejected'))
  target.retry()
  await seconds(0)
  expect(target.snapshot().nextTryAt).toBe('2026-01-01T00:00:02.000Z')
  await seconds(1.499)
  expect(target.snapshot().state).toBe('refused')
  await seconds(0.001)
  expect(target.snapshot()).toMatchObject({ state: 'waiting', nextTryAt: null })
  await media()
  await newest().ends(failed('rejected'))
  await seconds(20)
  target.retry()
  await seconds(0)
  expect(target.snapshot().state).toBe('waiting')
  await target.close()
})

test('a push that throws is the gateway’s fault, and tried again', async () => {
  const { target, media } = await targeted()
  await newest().breaks(new Error('odd'))
  expect(target.snapshot()).toMatchObject({ state: 'retrying', errorClass: 'gateway', failures: 1 })
  await seconds(1)
  await media()
  expect(FakePush.all).toHaveLength(2)
  await target.close()
})
