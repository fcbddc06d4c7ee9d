import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import type { FragmentReaderOptions } from '../../../src/feed/fragment-reader.ts'
import type { FfmpegSpec } from '../../../src/ffmpeg/process.ts'
import { createLog } from '../../../src/log.ts'
import type { PackagerSettings } from '../../../src/packager/packager-args.ts'
import { type RunEnd, type RunOptions, runPackager } from '../../../src/packager/packager-run.ts'
import type { SourceTrack } from '../../../src/packager/source.ts'
import { type FfmpegEdge, fakeFfmpeg } from '../../support/fake-ffmpeg.ts'
import { makeFragments } from '../feed/make-fragments.ts'

const edge = vi.hoisted(() => ({
  started: { spec: undefined, ffmpeg: undefined } as FfmpegEdge,
  reader: undefined as FragmentReaderOptions | undefined,
  push: (_chunk: Buffer): void => undefined,
  bound: (): Promise<boolean> => Promise.resolve(true),
}))
vi.mock('../../../src/ffmpeg/process.ts', () => ({
  startFfmpeg: async (spec: FfmpegSpec) => {
    edge.started.spec = spec
    return edge.started.ffmpeg
  },
}))
vi.mock('../../../src/ffmpeg/udp-ports.ts', () => ({ udpPortsBound: () => edge.bound() }))
vi.mock('../../../src/feed/fragment-reader.ts', () => ({
  FragmentReader: class {
    constructor(options: FragmentReaderOptions) {
      edge.reader = options
    }
    push(chunk: Buffer): void {
      edge.push(chunk)
    }
    beganBefore(): void {
      return
    }
  },
}))

beforeEach(() => {
  vi.useFakeTimers()
  edge.bound = () => Promise.resolve(true)
  edge.push = () => undefined
})
afterEach(() => void vi.useRealTimers())

const settings: PackagerSettings = {
  segmentSeconds: 2,
  partSeconds: 0.2,
  lowLatency: true,
  transcodeWidth: 1280,
  transcodeHeight: 720,
  transcodeFramesPerSecond: 30,
  transcodeBitrateBps: 1_000_000,
  transcodePreset: 'superfast',
  audioBitrateBps: 128_000,
}

const track = (kind: 'audio' | 'video'): SourceTrack => ({
  ...{ id: kind, kind, mimeType: `${kind}/x`, active: true, sinceMs: 0 },
})

/** A run whose tap, ffmpeg and fragments are the test's own. */
async function running(
  parts: Partial<RunOptions> = {},
  { aborted = false, start = async (_signal: AbortSignal): Promise<void> => undefined } = {},
) {
  const ffmpeg = fakeFfmpeg()
  edge.started = { spec: undefined, ffmpeg }
  const tap = {
    ...{ sdp: 'v=0', ports: [40_000] },
    start: vi.fn(start),
    requestKeyFrame: vi.fn(),
    close: vi.fn(async () => undefined),
  }
  const on = { started: vi.fn(), running: vi.fn() }
  const feed = new Feed({ maxSeconds: 60, maxBytes: 1_000_000 })
  const closing = new AbortController()
  if (aborted) closing.abort()
  const options: RunOptions = {
    source: {
      announcedKinds: [],
      tracks: [],
      onTracksChanged: () => () => undefined,
      openTap: async () => tap,
    },
    tracks: [track('video'), track('audio')],
    video: 'copy',
    ffmpegBinary: 'ffmpeg',
    settings,
    feed,
    endsWith: ['size'],
    log: createLog({ level: 'silent', pretty: false }),
    onStarted: on.started,
    onRunning: on.running,
    ...parts,
  }
  const over: { end?: RunEnd; error?: Error } = {}
  const done = runPackager(options, closing.signal).then(
    (end) => {
      over.end = end
    },
    (error) => {
      over.error = error
    },
  )
  await vi.advanceTimersByTimeAsync(0)
  const fragments = (pattern = 'K') => {
    for (const fragment of makeFragments(pattern)) edge.reader?.onFragment(fragment)
  }
  return { ffmpeg, tap, on, feed, closing, done, over, fragments, args: () => edge.started.spec }
}

const ms = (count: number) => vi.advanceTimersByTimeAsync(count)

describe('a run', () => {
  test('gives ffmpeg the tap’s SDP, and its fragments to the feed, until it is asked to end', async () => {
    const { ffmpeg, tap, on, feed, closing, done, over, fragments } = await running()
    expect([String(ffmpeg.read()), ffmpeg.stdin.writableEnded]).toEqual(['v=0', true])
    expect(on.started).toHaveBeenCalledExactlyOnceWith(4711)
    expect(on.running).not.toHaveBeenCalled()
    fragments('K-')
    expect(on.running).toHaveBeenCalledOnce()
    expect(feed.newest?.number).toBe(1)
    closing.abort()
    await done
    expect(over).toEqual({ end: 'asked' })
    expect([ffmpeg.kill.mock.calls.length, tap.close.mock.calls.length, vi.getTimerCount()]).toEqual([
      1, 1, 0,
    ])
  })

  test('maps sound only when there is some, and looks for changes of copied video only', async () => {
    const mapped = () => edge.started.spec?.outputOptions.filter((each) => /^0:[av]/.test(each)).length
    const both = await running()
    const withSound = mapped()
    expect(edge.reader?.endsWith).toEqual(['size'])
    both.closing.abort()
    const silent = await running({ tracks: [track('video')], video: 'transcode' })
    expect(mapped()).toBeLessThan(withSound ?? 0)
    expect(edge.reader?.endsWith).toEqual([])
    silent.closing.abort()
    const limited = edge.started.spec?.inputOptions.length ?? 0
    const sound = await running({ tracks: [track('audio')], video: 'none' })
    expect(edge.started.spec?.inputOptions.length).toBeLessThan(limited)
    sound.closing.abort()
    await Promise.all([both.done, silent.done, sound.done])
  })

  test('ends with what the next one has to begin for', async () => {
    const { done, over } = await running()
    edge.reader?.onFormatChange?.('size')
    await done
    expect(over).toEqual({ end: 'size' })
  })

  test('that was not wanted any more when its tap was open starts no ffmpeg', async () => {
    const { done, over, tap, on } = await running({}, { aborted: true })
    await done
    expect(over).toEqual({ end: 'asked' })
    expect([on.started.mock.calls.length, tap.close.mock.calls.length]).toEqual([0, 1])
  })

  test.each([
    ['low latency', true, 400],
    ['without', false, 1_000],
  ])('asks for the keyframes that cut copied video: %s', async (_what, lowLatency, firstMs) => {
    const { tap, closing, done, fragments } = await running({ settings: { ...settings, lowLatency } })
    await ms(firstMs - 1)
    expect(tap.requestKeyFrame).not.toHaveBeenCalled()
    await ms(1)
    expect(tap.requestKeyFrame).toHaveBeenCalledOnce()
    fragments()
    await ms(1_999)
    expect(tap.requestKeyFrame).toHaveBeenCalledOnce()
    await ms(1)
    expect(tap.requestKeyFrame).toHaveBeenCalledTimes(2)
    closing.abort()
    await done
    await ms(10_000)
    expect(tap.requestKeyFrame).toHaveBeenCalledTimes(2)
  })

  test('asks for a keyframe when media was lost, once a second at the most', async () => {
    const { tap, closing, done } = await running({ video: 'transcode' })
    const says = (line: string) => edge.started.spec?.onLine?.(line)
    says('[h264] all is well')
    expect(tap.requestKeyFrame).not.toHaveBeenCalled()
    says('[rtp] RTP: missed 3 packets')
    says('[rtp] max delay reached. need to consume packet')
    expect(tap.requestKeyFrame).toHaveBeenCalledOnce()
    await ms(1_000)
    says('[rtp] jitter buffer full')
    expect(tap.requestKeyFrame).toHaveBeenCalledOnce()
    await ms(1)
    says('[rtp] jitter buffer full')
    expect(tap.requestKeyFrame).toHaveBeenCalledTimes(2)
    closing.abort()
    await done
  })
})

describe('a run fails', () => {
  const never = () => new Promise<never>(() => undefined)

  test('when ffmpeg does not open its ports within 10 s', async () => {
    edge.bound = never
    const { done, over, tap } = await running()
    await ms(10_000)
    expect(over.error).toBeUndefined()
    await ms(250)
    await done
    expect(over.error?.message).toBe('ffmpeg did not open its ports.')
    expect([tap.start.mock.calls.length, tap.close.mock.calls.length]).toEqual([0, 1])
  })

  test('and lets nothing flow when the ports were given up', async () => {
    edge.bound = () => Promise.resolve(false)
    const { tap, closing, done } = await running()
    expect(tap.start).not.toHaveBeenCalled()
    closing.abort()
    await done
  })

  test('when nothing comes for 20 s', async () => {
    const { done, over } = await running()
    await ms(20_000)
    expect(over.error).toBeUndefined()
    await ms(250)
    await done
    expect(over.error?.message).toBe('No picture came for 20 s.')
  })

  test('when nothing follows for 4 s', async () => {
    const { done, over, fragments } = await running()
    await ms(15_000)
    fragments()
    await ms(4_000)
    fragments()
    await ms(4_000)
    expect(over.error).toBeUndefined()
    await ms(250)
    await done
    expect(over.error?.message).toBe('No media came for 4 s.')
  })

  test('but not because this process stood still', async () => {
    const { closing, done, over, fragments } = await running()
    const now = vi.spyOn(performance, 'now')
    let lostMs = 0
    const base = performance.now()
    let passedMs = 0
    now.mockImplementation(() => base + passedMs + lostMs)
    const passes = async (count: number) => {
      for (let at = 0; at < count; at += 250) {
        passedMs += 250
        await ms(250)
      }
    }
    // Before the first fragment, and after it.
    lostMs += 60_000
    await passes(10_000)
    expect(over).toEqual({})
    fragments()
    lostMs += 60_000
    await passes(3_750)
    expect(over).toEqual({})
    // A check that is a little late is no standstill.
    lostMs += 1_000
    await passes(250)
    expect(over.error?.message).toBe('No media came for 4 s.')
    now.mockRestore()
    closing.abort()
    await done
  })

  test('when ffmpeg ends by itself, its output can not be read, or the tap breaks', async () => {
    const ended = await running()
    ended.ffmpeg.exit('exited with code 1')
    await ended.done
    expect(ended.over.error?.message).toBe('ffmpeg exited with code 1')
    const odd = await running()
    edge.push = () => {
      throw new Error('no box')
    }
    edge.started.spec?.onOutput?.(Buffer.alloc(1))
    await odd.done
    expect(odd.over.error?.message).toBe('no box')
    const broken = await running({}, { start: () => Promise.reject(new Error('gone')) })
    await broken.done
    expect(broken.over.error).toMatchObject({ code: 'WORKER_DIED', message: 'The tap broke: gone' })
  })
})
