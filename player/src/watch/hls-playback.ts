import Hls, { ErrorTypes, Events } from 'hls.js'
import { type FatalKind, fatalStep } from './fatal-step.ts'
import type { Playback, PlaybackOptions } from './playback.ts'

/**
 * How far behind the live edge to play, in target durations. A segment is listed when it is complete, so the
 * player's reserve shrinks by one segment (2 s) plus the wait for the next look at the playlist before the next
 * one arrives. 1.5 (3 s) covers that with about half a second to spare and stays under 4 s from glass to glass
 * where 2 would not. A stall makes hls.js keep a second more.
 */
const syncTargetDurations = 1.5

/** Further behind than this, catching up would take minutes: hls.js jumps. */
const maxLatencyTargetDurations = 4

function kindOf(type: string): FatalKind {
  if (type === ErrorTypes.NETWORK_ERROR) return 'network'
  return type === ErrorTypes.MEDIA_ERROR ? 'media' : 'other'
}

/** Whether this browser can play by hls.js (MediaSource, or ManagedMediaSource on iPhones). */
export function canPlayByHlsJs(): boolean {
  return Hls.isSupported()
}

/** Plays by hls.js, and helps it over the errors that it gives up on. */
export function playByHlsJs({ video, url, failed }: PlaybackOptions): Playback {
  const hls = new Hls({
    // The packager's fragments are MP4 already: a worker for repacking them would have nothing to do.
    enableWorker: false,
    lowLatencyMode: true,
    backBufferLength: 30,
    // Catches up after a stall so gently that nobody hears it.
    maxLiveSyncPlaybackRate: 1.05,
  })
  // Set afterwards on purpose: given to the constructor it would also overrule a PART-HOLD-BACK of the playlist.
  hls.config.liveSyncDurationCount = syncTargetDurations
  hls.config.liveMaxLatencyDurationCount = maxLatencyTargetDurations

  const failures: Record<FatalKind, number[]> = { network: [], media: [], other: [] }
  hls.on(Events.ERROR, (_event, data) => {
    if (!data.fatal) return
    const kind = kindOf(data.type)
    const step = fatalStep(kind, failures[kind], Date.now())
    console.warn(`hls.js gave up (${data.details}): ${step}`, data.error)
    failures[kind].push(Date.now())
    if (step === 'startLoad') hls.startLoad()
    else if (step === 'recoverMedia') hls.recoverMediaError()
    else failed(data.details)
  })
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
    destroy: () => hls.destroy(),
  }
}
