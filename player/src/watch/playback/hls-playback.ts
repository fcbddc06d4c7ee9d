import Hls, { type ErrorData, ErrorDetails, ErrorTypes, Events } from 'hls.js'
import { type FatalKind, fatalStep } from './fatal-step.ts'
import { LowWater } from './low-water.ts'
import type { Playback, PlaybackOptions } from './playback.ts'
import { playbackRate } from './playback-rate.ts'
import { nextLook, syncTarget } from './sync-target.ts'

/** Where to begin, before the first playlist told more (see `syncTarget`). */
const firstSyncTargetDurations = 1.5

/** Further behind than this, catching up would take minutes: hls.js jumps. */
const maxLatencyTargetDurations = 4
/** Seconds: the same with parts, where a second takes 10 s to catch up. */
const maxLowLatencySeconds = 2.5
/** How long an uneven arrival is remembered, before playback dares to be nearer again. */
const unevenMs = 10_000
/** Seconds: for whom smoothness goes first. */
const maxSmoothSeconds = 10

function kindOf({ type, details }: ErrorData): FatalKind {
  if (type === ErrorTypes.NETWORK_ERROR) return 'network'
  // Sound or picture joined or left the stream: the buffers are for other tracks, no recovery changes that.
  if (details === ErrorDetails.BUFFER_APPEND_ERROR) return 'other'
  return type === ErrorTypes.MEDIA_ERROR ? 'media' : 'other'
}

/** Whether this browser can play by hls.js (MediaSource, or ManagedMediaSource on iPhones). */
export function canPlayByHlsJs(): boolean {
  return Hls.isSupported()
}

/** Plays by hls.js, and helps it over the errors that it gives up on. */
export function playByHlsJs({ video, url, token, mode, serverNow, failed }: PlaybackOptions): Playback {
  const hls = new Hls({
    // The packager's fragments are MP4 already: a worker for repacking them would have nothing to do.
    enableWorker: false,
    // The playlists' addresses have the token that they began with.
    xhrSetup: (request, url) => {
      const present = token.path(url)
      if (present !== url) request.open('GET', present, true)
    },
    lowLatencyMode: mode === 'lowest',
    backBufferLength: 30,
    // Without parts, this catches up after a stall, too gently to be heard; with them, catchUp() does.
    maxLiveSyncPlaybackRate: 1.05,
    // A stall asks for more reserve, but most stalls are an outage that no reserve would have bridged.
    liveSyncOnStallIncrease: 0.25,
    // A publisher who drops out makes requests that wait for the next part fail: hls.js should go on asking for as
    // long as a stream waits for its publisher, every 3 s by the gateway's own answers.
    playlistLoadPolicy: {
      default: {
        ...Hls.DefaultConfig.playlistLoadPolicy.default,
        errorRetry: { maxNumRetry: 12, retryDelayMs: 500, maxRetryDelayMs: 2000 },
      },
    },
  })
  hls.config.liveMaxLatencyDurationCount = maxLatencyTargetDurations
  // Neither of the two is given to the constructor: there they would also overrule a PART-HOLD-BACK.
  hls.config.liveSyncDurationCount = firstSyncTargetDurations
  let inStep: ReturnType<typeof setTimeout> | undefined
  hls.on(Events.LEVEL_UPDATED, (_event, { details }) => {
    if (details.partTarget > 0) {
      // How far behind to play is the playlist's to say (PART-HOLD-BACK or HOLD-BACK), unless something is set here.
      hls.config.maxLiveSyncPlaybackRate = 1
      // Nor may a stall add to it for good: catchUp() keeps the reserve that the arrivals of late ask for.
      if (mode === 'lowest') hls.config.liveSyncOnStallIncrease = 0
      const maxSeconds = mode === 'lowest' ? maxLowLatencySeconds : maxSmoothSeconds
      hls.config.liveMaxLatencyDurationCount = maxSeconds / details.targetduration
      return
    }
    const last = details.fragments.at(-1)
    if (!last || !details.advanced || !details.live) return
    const edgeMs = last.programDateTime ? last.programDateTime + last.duration * 1000 : null
    const edgeAge = edgeMs === null ? null : (serverNow() - edgeMs) / 1000
    hls.config.liveSyncDuration = syncTarget(details.targetduration, edgeAge)
    const wait = inStep === undefined ? nextLook(last.duration, edgeAge) : null
    if (wait === null) return
    details.requestScheduled = performance.now() + wait * 1000
    // Only a new start makes hls.js read the schedule again; at this moment there is no load to be cut off.
    inStep = setTimeout(() => hls.startLoad())
  })

  const failures: Record<FatalKind, number[]> = { network: [], media: [], other: [] }
  hls.on(Events.ERROR, (_event, data) => {
    if (!data.fatal) return
    const kind = kindOf(data)
    const step = fatalStep(kind, failures[kind], Date.now())
    console.warn(`hls.js gave up (${data.details}): ${step}`, data.error)
    failures[kind].push(Date.now())
    if (step === 'startLoad') hls.startLoad()
    else if (step === 'recoverMedia') hls.recoverMediaError()
    else failed(data.details)
  })
  const lowWater = new LowWater(unevenMs)
  const catchUp = (): void => {
    const details = hls.latestLevelDetails
    if (mode !== 'lowest' || !details?.live || !(details.partTarget > 0) || video.paused) return
    const ranges = video.buffered
    const rate = playbackRate({
      latency: hls.latency,
      target: hls.targetLatency ?? hls.latency,
      leastAhead: lowWater.add(
        ranges.length > 0 ? ranges.end(ranges.length - 1) - video.currentTime : 0,
        performance.now(),
      ),
      rate: video.playbackRate,
    })
    if (video.playbackRate !== rate) video.playbackRate = rate
  }
  video.addEventListener('timeupdate', catchUp)
  hls.loadSource(url)
  hls.attachMedia(video)

  return {
    playingDateMs: () => hls.playingDate?.getTime() ?? null,
    gapSeconds: () => {
      const aim = hls.liveSyncPosition
      return aim === null ? null : aim - video.currentTime
    },
    newerSeconds: () => {
      const edge = hls.latestLevelDetails?.edge
      return edge === undefined ? null : edge - video.currentTime
    },
    goLive: () => {
      if (hls.liveSyncPosition !== null) video.currentTime = hls.liveSyncPosition
    },
    destroy: () => {
      clearTimeout(inStep)
      video.removeEventListener('timeupdate', catchUp)
      video.playbackRate = 1
      hls.destroy()
    },
  }
}
