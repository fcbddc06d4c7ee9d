import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EncodeEnd, EncodeOptions } from '../../../src/encoder/encode-run.ts'
import { Encoder } from '../../../src/encoder/encoder.ts'
import { Feed } from '../../../src/feed/feed.ts'
import { createLog } from '../../../src/log.ts'
import { TranscodeSlots } from '../../../src/transcode-slots.ts'
import { makeEpoch } from '../../support/make-media.ts'
import { epochA, makeFragments } from '../feed/make-fragments.ts'

const settings = {
  partSeconds: 0.2,
  segmentSeconds: 1,
  windowSeconds: 30,
  lowLatency: true,
  transcodeWidth: 1280,
  transcodeHeight: 720,
  transcodeFramesPerSecond: 30,
  transcodeBitrateBps: 1_000_000,
  transcodePreset: 'superfast',
  audioBitrateBps: 128_000,
} as const

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** An encoder of a feed with one group of pictures, whose runs are the test's own. */
function encoding(transcodes = new TranscodeSlots(1)) {
  const feed = new Feed({ maxSeconds: 10, maxBytes: 1_000_000 })
  for (const fragment of makeFragments('K-')) feed.append(fragment)
  const runs: { options: EncodeOptions; signal: AbortSignal; end: (how: EncodeEnd) => void }[] = []
  const encoded: number[] = []
  const encoder = new Encoder({
    feed,
    size: { width: 640, height: 360 },
    settings,
    ffmpegBinary: 'ffmpeg',
    transcodes,
    log: createLog({ level: 'silent', pretty: false }),
    onFragment: ({ startSeconds }) => encoded.push(startSeconds),
    run(options, signal) {
      const over = Promise.withResolvers<EncodeEnd>()
      signal.addEventListener('abort', () => over.resolve({ kind: 'closed' }))
      runs.push({ options, signal, end: over.resolve })
      return over.promise
    },
  })
  const newest = () => {
    const run = runs.at(-1)
    if (!run) throw new Error('nothing runs')
    return run
  }
  const ends = async (how: EncodeEnd) => {
    newest().end(how)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { feed, encoder, runs, encoded, newest, ends }
}

test('it starts with the epoch that the feed has, and goes on with the next one at once', async () => {
  const { encoder, runs, newest, ends } = encoding()
  expect(newest().options).toMatchObject({ epoch: epochA, video: { width: 640, height: 360 } })
  const next = makeEpoch('b')
  await ends({ kind: 'epoch', epoch: next })
  expect(newest().options.epoch).toBe(next)
  expect([runs.length, encoder.problem]).toEqual([2, null])
  await encoder.close()
})

test('a run that fails is tried again with the next media, later each time, and tells why until it works', async () => {
  const { feed, encoder, runs, encoded, newest, ends } = encoding()
  await ends({ kind: 'failed', why: 'nothing comes out of it' })
  expect(encoder.problem).toBe('The encoder failed and is started again: nothing comes out of it')
  await vi.advanceTimersByTimeAsync(500)
  expect(runs).toHaveLength(1)
  const [fragment] = makeFragments('K')
  if (fragment) feed.append(fragment)
  await vi.advanceTimersByTimeAsync(0)
  expect(runs).toHaveLength(2)
  if (fragment) newest().options.onFragment({ ...fragment, startSeconds: 7 })
  expect([encoded, encoder.problem]).toEqual([[7], null])
  // It worked, so the next failure waits as short as the first one.
  await ends({ kind: 'failed', why: 'again' })
  await vi.advanceTimersByTimeAsync(500)
  if (fragment) feed.append(fragment)
  await vi.advanceTimersByTimeAsync(0)
  expect(runs).toHaveLength(3)
  await encoder.close()
})

test('it is done when its feed has ended and all of it came out', async () => {
  const { feed, encoder, ends } = encoding()
  feed.end()
  await ends({ kind: 'feed-ended' })
  await encoder.done
})

test('a close ends the run, and no other follows', async () => {
  const { encoder, runs } = encoding()
  await encoder.close()
  expect([runs.length, runs[0]?.signal.aborted, vi.getTimerCount()]).toEqual([1, true, 0])
})

test('without a free place it waits, says why, and gives its own back after each run', async () => {
  const transcodes = new TranscodeSlots(1)
  const release = transcodes.take()
  const { encoder, runs } = encoding(transcodes)
  await vi.advanceTimersByTimeAsync(100)
  expect(runs).toHaveLength(0)
  expect(encoder.problem).toMatch(/encodes 1 pictures at a time \(SLUICE_MAX_TRANSCODES\)/)
  release()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(runs).toHaveLength(1)
  expect(transcodes.inUse).toBe(1)
  await encoder.close()
  expect(transcodes.inUse).toBe(0)
})
