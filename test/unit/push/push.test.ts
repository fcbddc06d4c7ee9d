import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../../../src/errors.ts'
import { Feed } from '../../../src/feed/feed.ts'
import type { FfmpegProcess, FfmpegSpec } from '../../../src/ffmpeg/process.ts'
import { createLog } from '../../../src/log.ts'
import { destinationOf } from '../../../src/push/connection/destination.ts'
import type { Dial } from '../../../src/push/connection/dial.ts'
import { DialError } from '../../../src/push/failure.ts'
import { Push, type PushEnd } from '../../../src/push/push.ts'
import { makeEpoch } from '../../support/make-media.ts'
import { epochA, makeFragments } from '../feed/make-fragments.ts'

/** The edges of a push: its ffmpeg, its relay, and the kernel's list. */
const edge = vi.hoisted(() => ({
  spec: undefined as FfmpegSpec | undefined,
  start: (_spec: FfmpegSpec): Promise<FfmpegProcess> => Promise.reject(new Error('no process')),
  relay: undefined as FakeRelay | undefined,
  unacknowledged: 0 as number | null,
}))
vi.mock('../../../src/ffmpeg/process.ts', () => ({ startFfmpeg: (spec: FfmpegSpec) => edge.start(spec) }))
vi.mock('../../../src/push/connection/relay.ts', () => ({ Relay: { open: async () => edge.relay } }))
vi.mock('../../../src/push/connection/tcp-send-queue.ts', () => ({
  unacknowledgedBytes: async () => edge.unacknowledged,
}))

type FakeRelay = ReturnType<typeof makeRelay>
function makeRelay() {
  return {
    placeholders: { app: 'a', playPath: 'p', tcUrl: 't' },
    port: 1234,
    receivedBytes: 4_000,
    writtenBytes: 0,
    endpoints: { localPort: 1, remoteAddress: '192.0.2.1', remotePort: 1935 } as object | null,
    code: null as string | null,
    fault: null as unknown,
    close: vi.fn(),
  }
}

function makeProcess() {
  const { promise: exited, resolve } = Promise.withResolvers<Awaited<FfmpegProcess['exited']>>()
  const written: Buffer[] = []
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk)
      done()
    },
  })
  const exit = (reason = 'exited with code 1') => {
    const facts = { code: 1, signal: null, error: null, asked: false, outputError: null, lastErrorLine: null }
    resolve({ ...facts, clean: false, reason })
    return exited
  }
  const stop = vi.fn(() => exit('was stopped'))
  const kill = vi.fn(() => exit('was killed'))
  return { pid: 1, stdin, exited, stop, kill, exit, written }
}

beforeEach(() => {
  vi.useFakeTimers()
  edge.relay = makeRelay()
  edge.unacknowledged = 0
})
afterEach(() => {
  vi.useRealTimers()
})

const connects: Dial = async () => new Socket()

/** A push whose connection stands and whose ffmpeg the test plays. */
async function pushing({ url = 'rtmp://192.0.2.1/live', key = 'abc', dial = connects } = {}) {
  const feed = new Feed({ maxSeconds: 60, maxBytes: 100_000_000 })
  for (const fragment of makeFragments('K')) feed.append(fragment)
  const process = makeProcess()
  const relay = edge.relay ?? makeRelay()
  edge.start = async (spec) => {
    edge.spec = spec
    return process
  }
  const said: string[] = []
  const dropped: [number, number][] = []
  const closing = new AbortController()
  const push = new Push({
    destination: destinationOf({ url, key }, 'show'),
    trusted: true,
    feed,
    epoch: epochA,
    dial,
    ffmpegBinary: 'ffmpeg',
    log: createLog({ level: 'silent', pretty: false }),
    onLiveness: (liveness) => said.push(liveness),
    onDropped: (fragments, seconds) => dropped.push([fragments, seconds]),
  })
  let end: PushEnd | undefined
  const done = push.run(closing.signal).then((how) => {
    end = how
    return how
  })
  await vi.advanceTimersByTimeAsync(0)
  const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)
  /** ffmpeg's report, and what the kernel has sent on. */
  const sends = (bytes: number): void => {
    relay.writtenBytes = bytes
    for (const line of [`total_size=${bytes}`, 'progress=continue']) edge.spec?.onLine?.(line)
  }
  const offer = (pattern: string, bytes = 10): void => {
    for (const fragment of makeFragments(pattern)) {
      const [first] = fragment.video[0] ?? []
      feed.append(first ? { ...fragment, video: [[{ ...first, data: Buffer.alloc(bytes) }]] } : fragment)
    }
  }
  const over = () => end
  return { push, feed, process, relay, said, dropped, closing, done, seconds, sends, offer, over }
}

describe('a push', () => {
  test('says once that it is live, when ffmpeg sent media, and counts what has arrived', async () => {
    const { push, said, sends, seconds, offer, closing, done } = await pushing()
    await seconds(1)
    sends(1_000)
    expect(said).toEqual([])
    sends(50_000)
    sends(60_000)
    expect(said).toEqual(['live'])
    edge.unacknowledged = 10_000
    await seconds(0.5)
    expect(push.arrivedBytes).toBe(50_000)
    offer('K')
    edge.unacknowledged = 0
    sends(70_000)
    await seconds(0.5)
    expect([push.arrivedBytes, push.movedForMs, said]).toEqual([70_000, 1_000, ['live']])
    expect(push.bitrateBps).toBeGreaterThan(0)
    closing.abort()
    expect(await done).toEqual({ kind: 'closed' })
  })

  test('says that it stalls, that it goes on, and gives it up when it stays so', async () => {
    const { said, sends, seconds, offer, process, relay, done } = await pushing()
    sends(50_000)
    await seconds(1)
    offer('K---')
    await seconds(4)
    expect(said).toEqual(['live', 'stalled'])
    expect(process.kill).not.toHaveBeenCalled()
    sends(60_000)
    await seconds(1)
    expect(said).toEqual(['live', 'stalled', 'live'])
    offer('K---------')
    await seconds(6)
    expect(process.kill).not.toHaveBeenCalled()
    await seconds(2)
    expect(process.kill).toHaveBeenCalledOnce()
    expect(await done).toMatchObject({ kind: 'failed', fault: 'destination', class: 'stalled' })
    expect(relay.close).toHaveBeenCalledOnce()
  })

  test('gives up a server that never accepts the stream after 8 s', async () => {
    const { seconds, process, done, said } = await pushing()
    await seconds(8)
    expect(process.kill).not.toHaveBeenCalled()
    await seconds(0.5)
    expect(await done).toMatchObject({ kind: 'failed', class: 'unanswered' })
    expect(said).toEqual([])
  })

  test('without a kernel that counts, bytes count as arrived when they were sent', async () => {
    const { push, relay, sends, seconds, closing, done } = await pushing()
    edge.unacknowledged = null
    sends(50_000)
    await seconds(0.5)
    expect(push.arrivedBytes).toBe(50_000)
    // The connection is gone: there is nothing to ask for.
    relay.endpoints = null
    edge.unacknowledged = 40_000
    sends(60_000)
    await seconds(0.5)
    expect(push.arrivedBytes).toBe(60_000)
    closing.abort()
    await done
  })

  test('holds back what the server has not acknowledged, and tells what it left out once it is live', async () => {
    const { process, sends, seconds, offer, dropped, closing, done } = await pushing()
    const bytes = () => process.written.reduce((sum, { length }) => sum + length, 0)
    edge.unacknowledged = 10_000_000
    await seconds(0.5)
    const before = bytes()
    offer('K----K----K', 1_000)
    await seconds(0.5)
    // Not live so far: that it leaves something out is no news.
    expect([bytes() - before, dropped]).toEqual([0, []])
    sends(50_000)
    offer('K----K----K', 1_000)
    await seconds(0.5)
    expect(dropped).not.toEqual([])
    const [fragments, left] = dropped.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0])
    expect(left).toBe(fragments)
    const reports = dropped.length
    await seconds(0.5)
    expect(dropped).toHaveLength(reports)
    edge.unacknowledged = 0
    await seconds(0.5)
    expect(bytes()).toBeGreaterThan(before)
    closing.abort()
    await done
  })

  test('lets two seconds of media be on their way, 256 KiB at the least', async () => {
    const { process, sends, seconds, offer, closing, done } = await pushing()
    const bytes = () => process.written.reduce((sum, { length }) => sum + length, 0)
    let sent = 0
    const passes = async (unacknowledged: number, size: number): Promise<boolean> => {
      sent += 2_000_000
      sends(sent)
      edge.unacknowledged = unacknowledged
      await seconds(0.5)
      const before = bytes()
      offer('K', size)
      await seconds(0)
      return bytes() > before
    }
    expect(await passes(256 * 1024 - 1, 10)).toBe(true)
    expect(await passes(256 * 1024, 10)).toBe(false)
    edge.unacknowledged = 0
    await seconds(6)
    // Half a megabyte a second from here on: a megabyte may be on its way.
    for (let count = 0; count < 10; count += 1) expect(await passes(0, 250_000)).toBe(true)
    expect(await passes(900_000, 10)).toBe(true)
    expect(await passes(1_200_000, 10)).toBe(false)
    closing.abort()
    await done
  })

  test('ends with the epoch when its media has left, or 5 s later', async () => {
    const first = await pushing()
    const next = makeEpoch('b')
    for (const fragment of makeFragments('K', next)) first.feed.append(fragment)
    await first.seconds(0)
    expect(first.process.stdin.writableEnded).toBe(true)
    await first.seconds(4.9)
    expect(first.over()).toBeUndefined()
    await first.seconds(0.2)
    expect(await first.done).toEqual({ kind: 'epoch', epoch: next })
    expect(first.process.kill).toHaveBeenCalledOnce()

    const second = await pushing()
    second.feed.end()
    await second.seconds(0)
    second.process.exit('ended because its input ended')
    expect(await second.done).toEqual({ kind: 'feed-ended' })
  })

  test('that was asked to end says so, whatever happens next', async () => {
    const { closing, feed, process, done } = await pushing()
    process.stop.mockImplementation(() => process.exited)
    closing.abort()
    expect([process.stop.mock.calls.length, process.stdin.writableEnded]).toEqual([1, true])
    feed.end()
    process.exit()
    expect(await done).toEqual({ kind: 'closed' })
  })

  test('leaves no timer and no reader behind', async () => {
    const { feed, process, seconds, sends, done, said } = await pushing()
    process.exit()
    await done
    const written = process.written.length
    for (const fragment of makeFragments('K')) feed.append(fragment)
    sends(0)
    await seconds(1)
    expect([vi.getTimerCount(), process.written.length, said]).toEqual([0, written, []])
  })
})

describe('a failed push', () => {
  test('names the cause from what ffmpeg said, without secrets', async () => {
    const { process, done } = await pushing()
    edge.spec?.onLine?.('[rtmp @ 0x1] [error] Server error: abc already publishing')
    process.exit()
    expect(await done).toMatchObject({ kind: 'failed', fault: 'destination', class: 'busy' })
  })

  test('takes warnings and reports for no errors, and keeps the last eight lines', async () => {
    const warned = await pushing()
    edge.spec?.onLine?.('[rtmp @ 0x1] [warning] stream busy')
    edge.spec?.onLine?.('')
    warned.process.exit('exited with code 1')
    expect(await warned.done).toMatchObject({ class: 'other', why: 'The push ended: exited with code 1' })
    const many = await pushing()
    edge.spec?.onLine?.('[fatal] stream busy')
    for (let count = 0; count < 8; count += 1) edge.spec?.onLine?.('[error] x')
    many.process.exit()
    expect(await many.done).toMatchObject({ class: 'other' })
    const eight = await pushing()
    edge.spec?.onLine?.('[panic] stream busy')
    for (let count = 0; count < 7; count += 1) edge.spec?.onLine?.('[error] x')
    eight.process.exit()
    expect(await eight.done).toMatchObject({ class: 'busy' })
  })

  test('counts as refused before media left, as closed after it', async () => {
    const before = await pushing()
    before.relay.code = 'CLOSED'
    before.process.exit()
    expect(await before.done).toMatchObject({ class: 'rejected' })
    edge.relay = makeRelay()
    const after = await pushing()
    after.sends(50_000)
    after.relay.code = 'CLOSED'
    after.process.exit()
    expect(await after.done).toMatchObject({ class: 'reset' })
  })

  test('without a connection has the phase and the code of dialling', async () => {
    const refused = await pushing({
      dial: async () => Promise.reject(new DialError('connecting', 'ECONNREFUSED')),
    })
    expect(await refused.done).toMatchObject({ kind: 'failed', fault: 'destination', class: 'refused' })
    const blocked = await pushing({
      dial: async () => Promise.reject(new DialError('resolving', 'BLOCKED', { blocked: 'No.' })),
    })
    expect(await blocked.done).toMatchObject({ class: 'blocked', why: 'No.' })
  })

  test('does not dial when the address holds a login', async () => {
    const { done, relay } = await pushing({ url: 'rtmp://me:secret@192.0.2.1/live' })
    expect(await done).toMatchObject({ class: 'blocked', why: expect.stringMatching(/user name/) })
    expect(relay.close).not.toHaveBeenCalled()
  })

  test('is the gateway’s own fault when its ffmpeg does not start, or the relay can not read it', async () => {
    edge.start = () => Promise.reject(new Error('never set'))
    const broken = await pushing({
      dial: async () => Promise.reject(new GatewayError('FFMPEG_FAILED', 'no ffmpeg')),
    })
    expect(await broken.done).toEqual({ kind: 'failed', fault: 'ours', class: 'gateway', why: 'no ffmpeg' })
    const odd = await pushing()
    odd.relay.fault = new GatewayError('FFMPEG_FAILED', 'not RTMP')
    odd.process.exit()
    expect(await odd.done).toMatchObject({ fault: 'ours', class: 'gateway', why: 'not RTMP' })
    expect(odd.relay.close).toHaveBeenCalledOnce()
  })

  test('after it was asked to end is no failure', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    const { closing, done } = await pushing({ dial: () => promise })
    closing.abort()
    reject(new DialError('connecting', 'TIMEOUT'))
    expect(await done).toEqual({ kind: 'closed' })
  })
})
