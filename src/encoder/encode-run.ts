import { messageOf } from '../errors.ts'
import type { Epoch } from '../feed/epoch.ts'
import type { Feed } from '../feed/feed.ts'
import { type EpochEnd, followEpoch } from '../feed/follow-epoch.ts'
import type { Fragment, UnnumberedFragment } from '../feed/fragment.ts'
import { fragmentLengthOf } from '../feed/fragment-length.ts'
import { FragmentReader } from '../feed/fragment-reader.ts'
import { mp4Muxer } from '../feed/muxer.ts'
import { StdinWriter } from '../feed/stdin-writer.ts'
import { type FfmpegProcess, startFfmpeg } from '../ffmpeg/process.ts'
import type { Log } from '../log.ts'
import { encodeInputOptions, encodeOutputOptions } from './encode-args.ts'
import type { VideoEncoding } from './video-encode-args.ts'

const checkMs = 500
/** Media offered, and time passed, without anything coming out. */
const stallMs = 10_000
/** Time for what is queued when no more comes. */
const drainMs = 5_000

/** closed: it was asked to end · epoch: the feed goes on with another epoch · feed-ended · failed. */
export type EncodeEnd = { kind: 'closed' } | EpochEnd | { kind: 'failed'; why: string }

export type EncodeOptions = {
  /** With video and audio. */
  feed: Feed
  /** The feed's newest one. */
  epoch: Epoch
  video: VideoEncoding
  partSeconds: number
  ffmpegBinary: string
  log: Log
  onFragment: (fragment: UnnumberedFragment) => void
}

/** Encodes one epoch of a feed, from its newest keyframe on: one ffmpeg. Resolves when that is gone; never rejects. */
export async function runEncode(options: EncodeOptions, signal: AbortSignal): Promise<EncodeEnd> {
  const { feed, epoch, log } = options
  let end: EncodeEnd | undefined
  let drainEndsAtMs = Number.POSITIVE_INFINITY
  let movedAtMs = performance.now()
  let offeredSeconds = 0
  let input: Fragment | undefined
  let output: UnnumberedFragment | undefined

  const reader = new FragmentReader({
    fragmentLength: fragmentLengthOf(options.partSeconds),
    onFragment(fragment) {
      movedAtMs = performance.now()
      offeredSeconds = 0
      output ??= fragment
      const pastMs = (fragment.startSeconds - output.startSeconds) * 1000
      // The encoder comes late, and in bursts: when it was captured is known from what went in.
      options.onFragment({ ...fragment, capturedAtMs: (input?.capturedAtMs ?? 0) + pastMs })
    },
  })
  let process: FfmpegProcess | undefined
  const fail = (why: string): void => {
    end ??= { kind: 'failed', why }
    void process?.kill()
  }
  try {
    process = await startFfmpeg({
      binary: options.ffmpegBinary,
      inputOptions: encodeInputOptions,
      input: 'pipe:0',
      outputOptions: encodeOutputOptions(options.video, options.partSeconds),
      output: null,
      onOutput(chunk) {
        try {
          reader.push(chunk)
        } catch (error) {
          fail(messageOf(error))
        }
      },
      onLine: (line) => log.debug({ line }, 'ffmpeg'),
      log,
    })
  } catch (error) {
    return { kind: 'failed', why: messageOf(error) }
  }

  const writer = new StdinWriter(process.stdin, mp4Muxer(epoch))
  const detach = followEpoch(feed, epoch, {
    onFragment(fragment) {
      input ??= fragment
      offeredSeconds += fragment.durationSeconds
      writer.add(fragment)
    },
    onOver(over) {
      if (end) return
      end = over
      drainEndsAtMs = performance.now() + drainMs
      writer.end()
    },
  })
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const stalled = nowMs - movedAtMs > stallMs && offeredSeconds * 1000 > stallMs
    if (stalled || nowMs > drainEndsAtMs) fail('nothing comes out of it')
  }, checkMs)
  const onAbort = (): void => {
    end ??= { kind: 'closed' }
    // Nothing of it is worth waiting for.
    void process?.kill()
  }
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()

  const { reason } = await process.exited
  detach()
  clearInterval(timer)
  signal.removeEventListener('abort', onAbort)
  if (writer.dropped > 0)
    log.warn({ dropped: writer.dropped }, 'the encoder is too slow: fragments were left out')
  return end ?? { kind: 'failed', why: reason }
}
