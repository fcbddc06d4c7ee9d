import type { TargetKind } from '../config/target-kinds.ts'

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
 * waiting: no media yet · connecting: on the way, nothing left so far · live: bytes arrive · stalled: they stopped to,
 * the connection is given up soon · retrying: waits for the next attempt · refused: the same, but a person has to
 * change something, so it waits long · stopped: switched off, or the stream is over.
 */
export type TargetState = 'waiting' | 'connecting' | 'live' | 'stalled' | 'retrying' | 'refused' | 'stopped'

/**
 * What went wrong with a target. rejected: the server refused key or application · busy: somebody else publishes with
 * this key · too-slow: the stream has more than the connection takes · blocked: by the gateway's own rules ·
 * gateway: our fault.
 */
export type TargetErrorClass =
  | 'name-not-found'
  | 'refused'
  | 'unreachable'
  | 'unanswered'
  | 'tls'
  | 'rejected'
  | 'busy'
  | 'reset'
  | 'stalled'
  | 'too-slow'
  | 'blocked'
  | 'gateway'
  | 'other'

export type TargetChange = {
  /** ISO time. */
  at: string
  state: TargetState
  /** Why, as a sentence or part of one. */
  reason: string
  errorClass: TargetErrorClass | null
}

/** What is done to the media on its way to a target. */
export type TranscodeSnapshot = {
  /**
   * undecided: the media is looked at first · copy: nothing is encoded · encode: encoded again, once for all targets
   * of the stream that need it.
   */
  mode: 'undecided' | 'copy' | 'encode'
  /** Sentences for people: what is done, and why. None: it is sent as it comes. */
  reasons: string[]
}

/** How a push is doing. */
export type TargetStatus = {
  state: TargetState
  /** ISO time of the last change of state. */
  since: string
  /** ISO time since when media arrives without a break; null while it does not. */
  liveSince: string | null
  /** Bits that the server acknowledges per second. */
  bitrateBps: number
  /** Bytes that arrived since the session began. */
  sentBytes: number
  /** What was left out because the server was too slow: whole groups of pictures. */
  droppedFragments: number
  droppedSeconds: number
  /** Times that media went again after it had broken off. */
  reconnects: number
  /** Attempts that failed since media last went well for a minute. */
  failures: number
  /** ISO time of the next attempt while it waits for it. */
  nextTryAt: string | null
  /** For people. Stays until media has gone well for a minute. */
  lastError: string | null
  errorClass: TargetErrorClass | null
  /** Null while it is not pushed to. */
  profile: TranscodeSnapshot | null
}

export type TargetSnapshot = TargetStatus & {
  name: string
  kind: TargetKind
  /** Scheme and host only: the rest of an RTMP URL is a secret. */
  destination: string
}

/** A target as the API lists it, also while its stream is idle. */
export type TargetDetails = TargetSnapshot & {
  /** Whether it is pushed to while its stream is live. */
  enabled: boolean
  hasKey: boolean
  /** config: can be switched and retried only · api: can be changed and removed. */
  source: 'config' | 'api'
  /** The name of its stream, or `*` when it is one for all streams. */
  scope: string
  /** The last changes of state, the newest last. */
  history: TargetChange[]
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
