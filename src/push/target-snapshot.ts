import type { TargetKind } from '../config/target-kinds.ts'
import type { TranscodeSnapshot } from '../platform-feed/transcode-snapshot.ts'

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

/** How a push is doing. */
export type TargetStatus = {
  state: TargetState
  /** ISO time of the last change of state. */
  since: string
  /** ISO time since when media arrives without a break; null while it does not. */
  liveSince: string | null
  /** Bits that the server acknowledges per second. */
  bitrateBps: number
  /** Bytes that arrived since the broadcast began. */
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
