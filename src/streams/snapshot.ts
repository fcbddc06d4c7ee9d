/** Everything here is plain JSON: the REST answers, the publish page and the tests read the same snapshot. */

/**
 * idle: nobody publishes · starting: a publisher is there, no media came out yet · live: media moves ·
 * interrupted: the publisher or the packager is away and may come back; viewers keep the stream.
 */
export type StreamState = 'idle' | 'starting' | 'live' | 'interrupted'

export type TrackSnapshot = {
  kind: 'audio' | 'video'
  /** As in the RTP parameters, e.g. `video/H264`. */
  codec: string
  /** False while no RTP arrives. */
  active: boolean
}

export type PackagerState = 'stopped' | 'waiting' | 'starting' | 'running' | 'retrying'

export type PackagerSnapshot = {
  state: PackagerState
  /** copy: the publisher's H.264 as it is · transcode: anything else, made H.264 · none: no video. */
  video: 'copy' | 'transcode' | 'none'
  /** Process id of its ffmpeg while there is one. */
  pid: number | null
  /** Runs that ended without being asked to, since the stream went live. */
  failures: number
  /** Why the last run ended, if it was not asked to. */
  lastError: string | null
}

export type FeedSnapshot = {
  /** Packager runs that delivered media into this feed. */
  epochs: number
  fragments: number
  bufferedBytes: number
  /** Over the fragments in the ring. */
  bitrateBps: number
  /** From the newest initialisation segment, e.g. `avc1.42e01f,mp4a.40.2`. */
  codecs: string
  width: number | null
  height: number | null
  framesPerSecond: number | null
  /** ISO time at which the newest fragment arrived. */
  newestAt: string | null
}

export type HlsSnapshot = {
  /** Path of the multivariant playlist. */
  path: string
  /** False until there is enough media to start on. */
  playable: boolean
  segments: number
  mediaSequence: number
  bufferedBytes: number
  /** PART-TARGET of Low-Latency HLS; null for plain HLS. */
  partTargetSeconds: number | null
  /** Requests that wait for the next media at this moment. */
  waitingViewers: number
}

/**
 * waiting: no media yet · connecting: the push runs, nothing left it so far · live: bytes leave ·
 * retrying: waits for the next attempt · stopped.
 */
export type TargetState = 'waiting' | 'connecting' | 'live' | 'retrying' | 'stopped'

export type TargetSnapshot = {
  name: string
  /** Scheme and host only: the rest of an RTMP URL is a secret. */
  destination: string
  state: TargetState
  /** ISO time of the last change of state. */
  since: string
  bitrateBps: number
  /** Attempts that failed since media last left. */
  failures: number
  /** ISO time of the next attempt while retrying. */
  nextTryAt: string | null
  lastError: string | null
}

export type StreamSnapshot = {
  name: string
  state: StreamState
  /** Why it is in this state, as a sentence part: "publisher connected". */
  reason: string
  /** ISO time of the last change of state. */
  since: string
  /** ISO time at which media first came out in this session. */
  liveSince: string | null
  tracks: TrackSnapshot[]
  packager: PackagerSnapshot | null
  feed: FeedSnapshot | null
  hls: HlsSnapshot | null
  targets: TargetSnapshot[]
}
