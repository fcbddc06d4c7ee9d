import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EncoderOptions } from '../../../src/encoder/encoder.ts'
import type { Filler, FillerSpec } from '../../../src/feed/continuity/filler.ts'
import type { Epoch } from '../../../src/feed/epoch.ts'
import { Feed } from '../../../src/feed/feed.ts'
import type { Fragment } from '../../../src/feed/fragment.ts'
import { createLog } from '../../../src/log.ts'
import { PlatformFeed } from '../../../src/platform-feed/platform-feed.ts'
import { makeAudioTrack, makeEpoch } from '../../support/make-media.ts'
import { makeFragments } from '../feed/make-fragments.ts'

const settings = {
  segmentSeconds: 1,
  partSeconds: 0.2,
  windowSeconds: 30,
  lowLatency: true,
  transcodeWidth: 1280,
  transcodeHeight: 720,
  transcodeFramesPerSecond: 30,
  transcodeBitrateBps: 1_000_000,
  transcodePreset: 'superfast',
  audioBitrateBps: 128_000,
} as const

const silence: Filler = {
  kind: 'audio',
  track: makeAudioTrack(),
  duration: 1024,
  samples: [Buffer.from('-')],
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** A platform feed whose fillers and encoders are the test's own. */
function platform(fill: (spec: FillerSpec) => Promise<Filler> = async () => silence) {
  const source = new Feed({ maxSeconds: 100, maxBytes: 1_000_000 })
  const encoders: { options: EncoderOptions; closed: boolean; finish: () => void }[] = []
  const specs: FillerSpec[] = []
  const feed = new PlatformFeed({
    source,
    settings,
    ffmpegBinary: 'ffmpeg',
    log: createLog({ level: 'silent', pretty: false }),
    async makeFiller(spec) {
      specs.push(spec)
      return await fill(spec)
    },
    startEncoder(options) {
      const done = Promise.withResolvers<void>()
      const encoder = { options, closed: false, finish: done.resolve }
      encoders.push(encoder)
      return {
        problem: null,
        done: done.promise,
        async close() {
          encoder.closed = true
          done.resolve()
        },
      }
    },
  })
  const sent: Fragment[] = []
  let ended = false
  feed.feed.attach({
    onFragment: (fragment) => sent.push(fragment),
    onEnd: () => {
      ended = true
    },
  })
  return {
    source,
    feed,
    encoders,
    specs,
    sent,
    ended: () => ended,
    /** Fragments of a second each, `K` with a keyframe, from the given second of the epoch on. */
    async publish(pattern: string, epoch: Epoch, fromSeconds = 0) {
      for (const fragment of makeFragments(pattern, epoch)) {
        source.append({ ...fragment, startSeconds: fragment.startSeconds + fromSeconds })
        await vi.advanceTimersByTimeAsync(0)
      }
    },
  }
}

describe('a source with all that platforms ask for', () => {
  test('passes as it is, from the newest keyframe on, once the distance of its keyframes is known', async () => {
    const { feed, publish, sent, specs } = platform()
    const epoch = makeEpoch('a')
    expect(feed.snapshot()).toEqual({ mode: 'undecided', reasons: ['It waits for media.'] })
    await publish('K-', epoch)
    expect([sent.length, feed.snapshot().mode]).toEqual([0, 'undecided'])
    await publish('K-', epoch, 2)
    expect(sent.map(({ startSeconds }) => startSeconds)).toEqual([2, 3])
    expect(feed.snapshot()).toEqual({ mode: 'copy', reasons: [] })
    expect(specs).toEqual([])
    await feed.close()
  })

  test('ends with its source', async () => {
    const { source, publish, feed, ended } = platform()
    await publish('K-K', makeEpoch('a'))
    source.end()
    await vi.advanceTimersByTimeAsync(0)
    expect(ended()).toBe(true)
    await feed.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a source without audio', () => {
  test('gets silence, and says so', async () => {
    const { feed, publish, sent, specs } = platform()
    await publish('K-K-', makeEpoch('a', { audio: false }))
    expect(specs).toEqual([{ kind: 'audio', bitrateBps: 128_000 }])
    expect(sent.length).toBeGreaterThan(0)
    for (const { audio, epoch } of sent)
      expect([audio.length > 0, epoch.audio !== null]).toEqual([true, true])
    expect(feed.snapshot().reasons).toEqual(['Silence is added, because the stream has no sound.'])
    await feed.close()
  })

  test('a filler that can not be made is tried again after 5 s, and the reason is shown until then', async () => {
    let broken = true
    const { feed, publish, specs, sent } = platform(async () => {
      if (broken) throw new Error('ffmpeg could not be started')
      return silence
    })
    const epoch = makeEpoch('a', { audio: false })
    await publish('K-', epoch)
    const problem = "It can't be made fit for its platforms, and is tried again: ffmpeg could not be started"
    expect(feed.snapshot().reasons).toContain(problem)
    broken = false
    await vi.advanceTimersByTimeAsync(4_999)
    await publish('K', epoch, 2)
    expect(specs).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await publish('K-K-', epoch, 3)
    expect(specs).toHaveLength(2)
    expect(sent.length).toBeGreaterThan(0)
    expect(feed.snapshot().reasons).not.toContain(problem)
    await feed.close()
  })
})

describe('a source whose keyframes come too seldom', () => {
  async function encoding() {
    const made = platform()
    await made.publish('K-----', makeEpoch('a'))
    return made
  }

  test('is encoded by one encoder, whose fragments are what is sent', async () => {
    const { feed, encoders, sent, publish } = await encoding()
    expect(feed.snapshot()).toMatchObject({
      mode: 'encode',
      reasons: [expect.stringContaining('keyframes come')],
    })
    expect(encoders).toHaveLength(1)
    expect(encoders[0]?.options.size).toEqual({ width: 1280, height: 720 })
    await publish('K-K-', makeEpoch('b'))
    expect([encoders.length, sent.length]).toEqual([1, 0])
    const [encoded] = makeFragments('K', makeEpoch('encoded'))
    if (encoded) encoders[0]?.options.onFragment(encoded)
    expect(sent).toHaveLength(1)
    await feed.close()
  })

  test('a close ends the encoder, then the feed', async () => {
    const { feed, encoders, ended } = await encoding()
    await Promise.all([feed.close(), feed.close()])
    expect([encoders[0]?.closed, ended(), vi.getTimerCount()]).toEqual([true, true, 0])
  })

  test('the end of the source lets the encoder finish first', async () => {
    const { source, encoders, ended } = await encoding()
    source.end()
    await vi.advanceTimersByTimeAsync(0)
    expect([encoders[0]?.closed, encoders[0]?.options.feed.ended, ended()]).toEqual([false, true, false])
    encoders[0]?.finish()
    await vi.advanceTimersByTimeAsync(0)
    expect(ended()).toBe(true)
  })
})
