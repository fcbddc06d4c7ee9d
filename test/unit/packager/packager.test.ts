import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Feed } from '../../../src/feed/feed.ts'
import { createLog } from '../../../src/log.ts'
import { Packager } from '../../../src/packager/packager.ts'
import type { RunEnd, RunOptions } from '../../../src/packager/packager-run.ts'
import type { Source, SourceTrack } from '../../../src/packager/source.ts'

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

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Run = {
  options: RunOptions
  signal: AbortSignal
  end: (how: RunEnd) => void
  fail: (why: string) => void
}

/** A packager whose runs are the test's own, of a source whose tracks the test changes. */
function packaged(announcedKinds: SourceTrack['kind'][] = ['video']) {
  const runs: Run[] = []
  const states: string[] = []
  let tracks: SourceTrack[] = []
  const listeners = new Set<() => void>()
  const source: Source = {
    announcedKinds,
    get tracks() {
      return tracks
    },
    onTracksChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    openTap: async () => await Promise.reject(new Error('no run of these tests opens a tap')),
  }
  const packager = new Packager({
    source,
    feed: new Feed({ maxSeconds: 1, maxBytes: 1 }),
    ffmpegBinary: 'ffmpeg',
    settings,
    log: createLog({ level: 'silent', pretty: false }),
    onState: (state, reason) => states.push(`${state}: ${reason}`),
    run(options, signal) {
      const over = Promise.withResolvers<RunEnd>()
      // As the real one: an abort is an end that was asked for.
      signal.addEventListener('abort', () => over.resolve('asked'))
      runs.push({ options, signal, end: over.resolve, fail: (why) => over.reject(new Error(why)) })
      return over.promise
    },
  })
  return {
    packager,
    runs,
    states,
    listeners,
    newest(): Run {
      const run = runs.at(-1)
      if (!run) throw new Error('nothing runs')
      return run
    },
    async setTracks(...now: SourceTrack[]) {
      tracks = now
      for (const listener of listeners) listener()
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

function track(id: string, kind: 'audio' | 'video' = 'video', mimeType = `${kind}/H264`): SourceTrack {
  return { id, kind, mimeType, active: true, sinceMs: Date.now() }
}

async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1_000)
}

test('it waits for tracks, runs, and says when media comes out', async () => {
  const { packager, runs, states, setTracks, newest } = packaged()
  await seconds(5)
  expect([runs.length, states]).toEqual([0, ['waiting: no track sends media']])
  await setTracks(track('a'))
  expect(newest().options).toMatchObject({ video: 'copy', tracks: [{ id: 'a' }] })
  newest().options.onStarted(4711)
  newest().options.onRunning()
  expect(states.slice(1)).toEqual(['starting: video/H264', 'running: media comes out'])
  expect(packager.snapshot()).toEqual({
    state: 'running',
    video: 'copy',
    pid: 4711,
    failures: 0,
    lastError: null,
  })
  void packager.close()
})

test('announced tracks that do not send are waited for, then left out', async () => {
  const { packager, runs, setTracks, newest } = packaged(['video', 'audio'])
  await setTracks(track('a', 'video', 'video/VP8'))
  expect(runs).toHaveLength(0)
  await seconds(2)
  expect(newest().options).toMatchObject({ video: 'transcode', tracks: [{ id: 'a' }] })
  void packager.close()
})

describe('a run that fails', () => {
  test('is tried again, later each time, with the reason in the snapshot', async () => {
    const { packager, runs, states, setTracks, newest } = packaged()
    await setTracks(track('a'))
    newest().fail('ffmpeg exited with code 1')
    await seconds(0)
    expect(states.at(-1)).toBe('retrying: ffmpeg exited with code 1')
    expect(packager.snapshot()).toMatchObject({
      state: 'retrying',
      failures: 1,
      lastError: 'ffmpeg exited with code 1',
      pid: null,
      video: 'none',
    })
    await seconds(0.249)
    expect(runs).toHaveLength(1)
    await seconds(0.001)
    expect(runs).toHaveLength(2)
    newest().fail('again')
    await seconds(0.499)
    expect(runs).toHaveLength(2)
    await seconds(0.001)
    expect(runs).toHaveLength(3)
    void packager.close()
  })

  test('starts with the shortest delay again after media came out for 30 s', async () => {
    const { packager, runs, setTracks, newest } = packaged()
    await setTracks(track('a'))
    for (let failures = 0; failures < 5; failures += 1) {
      newest().fail('broken')
      await seconds(10)
    }
    newest().options.onRunning()
    await seconds(30)
    newest().fail('broken')
    await seconds(0.25)
    expect([runs.length, packager.snapshot().failures]).toEqual([7, 6])
    void packager.close()
  })
})

describe('tracks that change', () => {
  test('end the run, and the next one takes them', async () => {
    const { packager, runs, states, setTracks, newest } = packaged()
    await setTracks(track('a'))
    await setTracks(track('b'))
    expect(runs[0]?.signal.aborted).toBe(true)
    expect(newest().options.tracks).toMatchObject([{ id: 'b' }])
    expect(states).toContain('starting: the tracks changed')
    expect(packager.snapshot().failures).toBe(0)
    void packager.close()
  })

  test('again and again make it wait', async () => {
    const { packager, runs, states, setTracks } = packaged()
    for (let count = 0; count < 20; count += 1) await setTracks(track(`track-${count}`))
    // The first, and three that follow at once.
    expect(runs).toHaveLength(4)
    expect(states.at(-1)).toBe('retrying: its tracks or its video format change too often')
    await seconds(0.25)
    expect(runs).toHaveLength(5)
    expect(runs[4]?.options.tracks).toMatchObject([{ id: 'track-19' }])
    void packager.close()
  })

  test('a video format that changes again and again makes it wait', async () => {
    const { packager, runs, setTracks, newest } = packaged()
    await setTracks(track('a'))
    for (let count = 0; count < 20; count += 1) {
      newest().end('size')
      await seconds(0)
    }
    expect(runs).toHaveLength(4)
    void packager.close()
  })
})

test('other picture parameters start a new run, but not of an encoder that changes them all the time', async () => {
  const { packager, runs, setTracks, newest } = packaged()
  await setTracks(track('a'))
  for (let count = 0; count < 2; count += 1) {
    expect(newest().options.endsWith).toEqual(['size', 'coding'])
    newest().end('coding')
    await seconds(0)
  }
  expect([runs.length, newest().options.endsWith]).toEqual([3, ['size']])
  void packager.close()
})

describe('a close', () => {
  test('ends the run and leaves neither timer nor listener', async () => {
    const { packager, runs, listeners, setTracks } = packaged()
    await setTracks(track('a'))
    await Promise.all([packager.close(), packager.close()])
    expect(packager.snapshot().state).toBe('stopped')
    expect([runs.length, runs[0]?.signal.aborted, listeners.size, vi.getTimerCount()]).toEqual([
      1,
      true,
      0,
      0,
    ])
  })

  test('while it waits for tracks, and while it waits to try again', async () => {
    const waiting = packaged()
    await waiting.packager.close()
    const retrying = packaged()
    await retrying.setTracks(track('a'))
    retrying.newest().fail('broken')
    await seconds(0)
    await retrying.packager.close()
    expect(retrying.runs).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
