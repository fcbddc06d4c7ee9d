import type { GatewayError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import type { PackagerSnapshot, PackagerState } from '../packager/packager-snapshot.ts'
import type { Source } from '../packager/source.ts'
import type { TrackKind } from '../sfu/publication.ts'
import type { TrackSnapshot } from '../sfu/track-snapshot.ts'
import type { Viewer } from '../sfu/viewers/viewer.ts'
import type { WatchRequest } from '../sfu/viewers/watch-request.ts'
import type { OutputKinds } from './output.ts'
import type { StreamState } from './stream-snapshot.ts'

/** What a stream needs of a publication: the rest of it is between its ingest and the SFU. */
export type StreamPublication = Source & { snapshot(): TrackSnapshot[] }

/** A place in the SFU for one publisher and its real-time viewers. */
export type OpenPublication<P extends StreamPublication> = {
  publication: P
  /**
   * Answers a viewer's offer.
   * @param onEnd called once when the viewer is gone or has to come back.
   */
  watch(request: WatchRequest, onEnd: () => void): Promise<Viewer>
  close(): void
}

export type OpenPublicationOptions = {
  kinds: readonly TrackKind[]
  /** Called once when it ends by itself; not after `close()`. */
  onEnd: (error: GatewayError) => void
}

export type RunningPackager = {
  snapshot(): PackagerSnapshot
  /** Resolves when its ffmpeg is gone. */
  close(): Promise<void>
}

export type StartPackagerOptions = {
  source: Source
  feed: Feed
  log: Log
  /** Called after each change of state or reason. */
  onState: (state: PackagerState, reason: string) => void
}

/** A change of the state that a stream shows. */
export type StreamChange = {
  stream: string
  from: StreamState
  to: StreamState
  reason: string
  /** ISO time. */
  at: string
  /** ISO time at which media first came out in the broadcast; null when it never did. */
  liveSince: string | null
}

/** All that a stream has effects with, so that tests can do without SFU and ffmpeg. */
export type StreamDependencies<P extends StreamPublication> = {
  settings: {
    /** How long a stream waits for a publisher that was lost. */
    resumeSeconds: number
    /** How long the end of a broadcast can still be fetched. */
    endedSeconds: number
  }
  /** @throws GatewayError WORKER_DIED */
  openPublication: (options: OpenPublicationOptions) => Promise<OpenPublication<P>>
  startPackager: (options: StartPackagerOptions) => RunningPackager
  /** What a broadcast's feed may hold at this moment, by the memory of all streams. */
  feedBytes: () => number
  outputs: OutputKinds
  /** Called after each change of the state that is shown; does not throw. */
  onChange?: (change: StreamChange) => void
  log: Log
}
