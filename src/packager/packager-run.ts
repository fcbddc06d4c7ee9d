import { Cleanup } from '../cleanup.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { FormatChange } from '../feed/format-watch.ts'
import { fragmentLengthOf } from '../feed/fragment-length.ts'
import { FragmentReader } from '../feed/fragment-reader.ts'
import { keyframeSecondsOf } from '../feed/keyframe-cadence.ts'
import { decoderLimitOptions } from '../ffmpeg/decoder-limits.ts'
import { type FfmpegProcess, startFfmpeg } from '../ffmpeg/process.ts'
import { udpPortsBound } from '../ffmpeg/udp-ports.ts'
import type { Log } from '../log.ts'
import { type PackagerSettings, packagerInputOptions, packagerOutputOptions } from './packager-args.ts'
import type { Source, SourceTap, SourceTrack } from './source.ts'

/** Without a first fragment for this long a run has failed. OBS sends a keyframe every 8 s by default. */
const startTimeoutMs = 20_000
/** Without a further fragment for this long a run is stalled. */
const stallTimeoutMs = 4_000
/** ffmpeg binds its sockets within 0.1 s; a busy machine may take long. */
const readyTimeoutMs = 10_000
const checkEveryMs = 250
/** At most one keyframe request per this time because of damage. */
const repairEveryMs = 1_000
/**
 * The first segment is cut short so that the first playlist, which needs a whole segment, comes early; with parts
 * earlier still, because players then need less in reserve. Browsers answer at most one request in 0.3 s.
 */
const firstSegmentMs = { plain: 1_000, lowLatency: 400 }

/** Lines of ffmpeg after which the picture is broken until the next keyframe. */
const damage = /RTP: missed|jitter buffer full|max delay reached|non-existing PPS|error while decoding/

export type RunOptions = {
  source: Source
  tracks: readonly SourceTrack[]
  video: 'copy' | 'transcode' | 'none'
  ffmpegBinary: string
  settings: PackagerSettings
  feed: Feed
  /** Changes of copied video that end the run. */
  endsWith: readonly FormatChange[]
  log: Log
  onStarted: (pid: number) => void
  /** The first fragment came out. */
  onRunning: () => void
}

/** Why a run ended that did not fail: asked to, or the next one has to begin with another initialisation segment. */
export type RunEnd = 'asked' | FormatChange

/**
 * One packager run: tap → ffmpeg → fragments into the feed, until it is aborted or fails.
 * @returns when everything it made is gone.
 * @throws GatewayError with the reason why it ended by itself.
 */
export async function runPackager(options: RunOptions, signal: AbortSignal): Promise<RunEnd> {
  const cleanup = new Cleanup()
  try {
    return await run(options, signal, cleanup)
  } finally {
    await cleanup.run()
  }
}

async function run(options: RunOptions, signal: AbortSignal, cleanup: Cleanup): Promise<RunEnd> {
  const { source, tracks, video, settings, log } = options
  const tap = await source.openTap(tracks)
  cleanup.defer(() => tap.close())
  if (signal.aborted) return 'asked'

  // Everything that can end the run rejects or resolves this one promise.
  const end = Promise.withResolvers<RunEnd>()
  // It may be settled before anybody waits for it.
  end.promise.catch(() => undefined)
  const fail = (message: string) => end.reject(new GatewayError('FFMPEG_FAILED', message))
  const onAbort = () => end.resolve('asked')
  signal.addEventListener('abort', onAbort, { once: true })
  cleanup.defer(() => signal.removeEventListener('abort', onAbort))

  let bound = false
  let repairedAtMs = 0
  const onLine = (line: string) => {
    log.trace({ line }, 'ffmpeg')
    if (damage.test(line) && Date.now() - repairedAtMs > repairEveryMs) {
      repairedAtMs = Date.now()
      log.debug({ line }, 'media was lost on the way to the packager')
      tap.requestKeyFrame()
    }
  }

  const startedAtMs = Date.now()
  let newestAtMs: number | undefined
  const reader = new FragmentReader({
    endsWith: video === 'copy' ? options.endsWith : [],
    fragmentLength: fragmentLengthOf(settings.partSeconds),
    onFragment(fragment) {
      if (newestAtMs === undefined) options.onRunning()
      newestAtMs = fragment.arrivedAtMs
      options.feed.append(fragment)
    },
    onFormatChange: (change) => end.resolve(change),
  })
  const ffmpeg = await startFfmpeg({
    binary: options.ffmpegBinary,
    inputOptions: [...(video === 'none' ? [] : decoderLimitOptions), ...packagerInputOptions],
    input: 'pipe:0',
    outputOptions: packagerOutputOptions(
      { video, audio: tracks.some(({ kind }) => kind === 'audio') },
      settings,
    ),
    output: null,
    onOutput(chunk) {
      try {
        reader.push(chunk)
      } catch (error) {
        end.reject(error)
      }
    },
    onLine,
    log,
  })
  // Nothing of a packager is worth waiting for: its fragments are out already.
  cleanup.defer(async () => void (await ffmpeg.kill()))
  watchExit(ffmpeg, fail)
  options.onStarted(ffmpeg.pid)
  ffmpeg.stdin.end(tap.sdp)

  const check = setInterval(() => {
    const nowMs = Date.now()
    if (!bound && nowMs - startedAtMs > readyTimeoutMs) fail('ffmpeg did not open its ports.')
    else if (newestAtMs === undefined && nowMs - startedAtMs > startTimeoutMs)
      fail('No picture came for 20 s.')
    else if (newestAtMs !== undefined && nowMs - newestAtMs > stallTimeoutMs) fail('No media came for 4 s.')
  }, checkEveryMs)
  cleanup.defer(() => clearInterval(check))

  const running = new AbortController()
  cleanup.defer(() => running.abort())
  const flow = async () => {
    bound = await udpPortsBound(tap.ports, running.signal)
    if (!bound) return
    await tap.start(running.signal)
    reader.beganBefore(Date.now())
    if (video === 'copy') cleanup.defer(keyframeCadence(tap, settings))
  }
  flow().catch((error) =>
    end.reject(new GatewayError('WORKER_DIED', `The tap broke: ${messageOf(error)}`, { cause: error })),
  )
  return await end.promise
}

function watchExit(ffmpeg: FfmpegProcess, fail: (message: string) => void): void {
  ffmpeg.exited.then((exit) => {
    if (!exit.clean) fail(`ffmpeg ${exit.reason}`)
  }, fail)
}

/**
 * Browsers send keyframes only when asked, so for copied video these requests are what cuts the segments,
 * and what RTMP platforms count on.
 * @returns the undo.
 */
function keyframeCadence(tap: SourceTap, settings: PackagerSettings): () => void {
  let interval: NodeJS.Timeout | undefined
  const first = setTimeout(
    () => {
      tap.requestKeyFrame()
      interval = setInterval(() => tap.requestKeyFrame(), keyframeSecondsOf(settings.segmentSeconds) * 1_000)
    },
    settings.lowLatency ? firstSegmentMs.lowLatency : firstSegmentMs.plain,
  )
  return () => {
    clearTimeout(first)
    clearInterval(interval)
  }
}
