import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EncodeEnd, runEncode } from '../../../src/encoder/encode-run.ts'
import { Feed } from '../../../src/feed/feed.ts'
import type { UnnumberedFragment } from '../../../src/feed/fragment.ts'
import type { FragmentReaderOptions } from '../../../src/feed/fragment-reader.ts'
import type { FfmpegSpec } from '../../../src/ffmpeg/process.ts'
import { createLog } from '../../../src/log.ts'
import { type FfmpegEdge, fakeFfmpeg } from '../../support/fake-ffmpeg.ts'
import { makeEpoch } from '../../support/make-media.ts'
import { epochA, makeFragments } from '../feed/make-fragments.ts'

const edge = vi.hoisted(() => ({
  started: { spec: undefined, ffmpeg: undefined } as FfmpegEdge,
  reader: undefined as FragmentReaderOptions | undefined,
  push: (_chunk: Buffer): void => undefined,
}))
vi.mock('../../../src/ffmpeg/process.ts', () => ({
  startFfmpeg: async (spec: FfmpegSpec) => {
    edge.started.spec = spec
    if (edge.started.ffmpeg instanceof Error) throw edge.started.ffmpeg
    return edge.started.ffmpeg
  },
}))
vi.mock('../../../src/feed/fragment-reader.ts', () => ({
  FragmentReader: class {
    constructor(options: FragmentReaderOptions) {
      edge.reader = options
    }
    push(chunk: Buffer): void {
      edge.push(chunk)
    }
  },
}))

beforeEach(() => {
  vi.useFakeTimers()
  edge.push = () => undefined
})
afterEach(() => void vi.useRealTimers())

const video = {
  ...{ width: 640, height: 360, framesPerSecond: 30, bitrateBps: 1_000_000 },
  ...{ preset: 'superfast', keyframeSeconds: 2 },
}

/** An encoder run whose ffmpeg, and what comes out of it, are the test's own. */
async function encoding({ aborted = false } = {}) {
  const ffmpeg = fakeFfmpeg()
  edge.started = { spec: undefined, ffmpeg }
  const feed = new Feed({ maxSeconds: 60, maxBytes: 1_000_000 })
  const add = (pattern: string, capturedAtMs = 0, epoch = epochA) => {
    for (const fragment of makeFragments(pattern, epoch)) feed.append({ ...fragment, capturedAtMs })
  }
  add('K', 5_000)
  const out: UnnumberedFragment[] = []
  const closing = new AbortController()
  if (aborted) closing.abort()
  let end: EncodeEnd | undefined
  const done = runEncode(
    {
      ...{ feed, epoch: epochA, partSeconds: 0.2, ffmpegBinary: 'ffmpeg' },
      video,
      log: createLog({ level: 'silent', pretty: false }),
      onFragment: (fragment) => out.push(fragment),
    },
    closing.signal,
  ).then((how) => {
    end = how
  })
  await vi.advanceTimersByTimeAsync(0)
  const comes = (startSeconds: number) => {
    const [fragment] = makeFragments('K')
    if (fragment) edge.reader?.onFragment({ ...fragment, startSeconds, capturedAtMs: -1 })
  }
  return { ffmpeg, feed, add, out, closing, done, comes, end: () => end }
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)

test('what comes out was captured when the first of what went in was, and later by its own time', async () => {
  const { add, out, comes, closing, done, end, ffmpeg } = await encoding()
  add('-', 6_000)
  comes(3)
  comes(4.5)
  expect(out.map(({ capturedAtMs }) => capturedAtMs)).toEqual([5_000, 6_500])
  closing.abort()
  await done
  expect([end(), ffmpeg.kill.mock.calls.length, vi.getTimerCount()]).toEqual([{ kind: 'closed' }, 1, 0])
})

test('an encoder that gets media for 10 s and gives none is given up; one without input is not', async () => {
  const idle = await encoding()
  await seconds(60)
  expect(idle.end()).toBeUndefined()
  idle.add('K---------')
  await seconds(1)
  expect(idle.end()).toEqual({ kind: 'failed', why: 'nothing comes out of it' })

  const slow = await encoding()
  slow.add('K---------')
  slow.add('K---------')
  await seconds(9.5)
  slow.comes(0)
  await seconds(10)
  slow.add('K--------')
  await seconds(5)
  expect(slow.end()).toBeUndefined()
  slow.add('K-')
  await seconds(0.5)
  expect(slow.end()).toMatchObject({ kind: 'failed' })

  // A burst alone is no stall.
  const burst = await encoding()
  burst.add('K-------------------')
  await seconds(10)
  expect(burst.end()).toBeUndefined()
  await seconds(0.5)
  expect(burst.end()).toMatchObject({ kind: 'failed' })
})

test('the end of the epoch ends it when all is out, or 5 s later', async () => {
  const quick = await encoding()
  const next = makeEpoch('b')
  quick.add('K', 0, next)
  await seconds(1)
  expect(quick.ffmpeg.stdin.writableEnded).toBe(true)
  quick.ffmpeg.exit('ended because its input ended')
  await quick.done
  expect(quick.end()).toEqual({ kind: 'epoch', epoch: next })

  const stuck = await encoding()
  stuck.feed.end()
  await seconds(5)
  expect(stuck.end()).toBeUndefined()
  await seconds(0.5)
  expect([stuck.end(), stuck.ffmpeg.kill.mock.calls.length]).toEqual([{ kind: 'feed-ended' }, 1])
})

test('it fails when ffmpeg ends by itself, does not start, or writes what can not be read', async () => {
  const ended = await encoding()
  ended.ffmpeg.exit('exited with code 1')
  await ended.done
  expect(ended.end()).toEqual({ kind: 'failed', why: 'exited with code 1' })

  const odd = await encoding()
  edge.push = () => {
    throw new Error('no box')
  }
  edge.started.spec?.onOutput?.(Buffer.alloc(1))
  await odd.done
  expect(odd.end()).toEqual({ kind: 'failed', why: 'no box' })

  edge.started.ffmpeg = new Error('no ffmpeg')
  const feed = new Feed({ maxSeconds: 60, maxBytes: 1_000_000 })
  const log = createLog({ level: 'silent', pretty: false })
  const options = { feed, epoch: epochA, partSeconds: 0.2, ffmpegBinary: 'ffmpeg', log }
  const onFragment = () => undefined
  expect(await runEncode({ ...options, video, onFragment }, new AbortController().signal)).toEqual({
    kind: 'failed',
    why: 'no ffmpeg',
  })
})

test('one that is not wanted any more when ffmpeg has started is ended at once', async () => {
  const { done, end, ffmpeg } = await encoding({ aborted: true })
  await done
  expect([end(), ffmpeg.kill.mock.calls.length]).toEqual([{ kind: 'closed' }, 1])
})
