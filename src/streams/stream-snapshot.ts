import type { FeedSnapshot } from '../feed/feed-snapshot.ts'
import type { PackagerSnapshot } from '../packager/packager-snapshot.ts'
import type { TrackSnapshot } from '../sfu/track-snapshot.ts'
import type { OutputSnapshots } from './output.ts'

/**
 * idle: nobody publishes · starting: a publisher is there, no media came out yet · live: media moves ·
 * interrupted: the publisher or the packager is away and may come back; viewers keep the stream.
 */
export type StreamState = 'idle' | 'starting' | 'live' | 'interrupted'

/** Plain JSON: the REST answers, the pages and the tests read the same snapshot. Each output adds its own key. */
export type StreamSnapshot = {
  name: string
  state: StreamState
  /** Why it is in this state, as a sentence part: "publisher connected". */
  reason: string
  /** ISO time of the last change of state. */
  since: string
  /** ISO time at which media first came out in this broadcast. */
  liveSince: string | null
  tracks: TrackSnapshot[]
  packager: PackagerSnapshot | null
  feed: FeedSnapshot | null
} & OutputSnapshots
