import type { TargetKind } from '../config/target-kinds.ts'
import type { Feed } from '../feed/feed.ts'
import type { ProfileSnapshot } from '../streams/snapshot.ts'
import { PlatformFeed, type PlatformFeedOptions } from './platform-feed.ts'

/** What one target reads. */
export type TargetFeed = {
  feed: Feed
  profile(): ProfileSnapshot
  /** The target reads no more. Resolves when what only it needed is gone. May be called twice. */
  close(): Promise<void>
}

/** The feeds that the targets of one stream read: all that need the same share it. */
export class TargetFeeds {
  readonly #options: PlatformFeedOptions
  #conformed: PlatformFeed | undefined
  #readers = 0

  constructor(options: PlatformFeedOptions) {
    this.#options = options
  }

  /** The feed for a new target: any RTMP server gets the stream as it is. The caller owes a `close()`. */
  open(kind: TargetKind): TargetFeed {
    if (kind === 'rtmp') return asItIs(this.#options.source)
    this.#conformed ??= new PlatformFeed(this.#options)
    const conformed = this.#conformed
    this.#readers += 1
    let closed: Promise<void> | undefined
    return {
      feed: conformed.feed,
      profile: () => conformed.snapshot(),
      close: () => {
        closed ??= this.#leave(conformed)
        return closed
      },
    }
  }

  async #leave(conformed: PlatformFeed): Promise<void> {
    this.#readers -= 1
    if (this.#readers > 0) return
    this.#conformed = undefined
    await conformed.close()
  }
}

function asItIs(feed: Feed): TargetFeed {
  return {
    feed,
    profile: () => ({ mode: 'copy', reasons: [] }),
    close: async () => undefined,
  }
}
