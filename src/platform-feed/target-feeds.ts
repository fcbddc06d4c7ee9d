import type { TargetKind } from '../config/target-kinds.ts'
import type { Feed } from '../feed/feed.ts'
import { PlatformFeed, type PlatformFeedOptions } from './platform-feed.ts'
import type { TranscodeSnapshot } from './transcode-snapshot.ts'

/** What one target reads. */
export type TargetFeed = {
  feed: Feed
  transcode(): TranscodeSnapshot
  /** The target reads no more. Resolves when what only it needed is gone. May be called twice. */
  close(): Promise<void>
}

/** The feeds that the targets of one stream read: all that need the same share it. */
export class TargetFeeds {
  readonly #options: PlatformFeedOptions
  #platformFeed: PlatformFeed | undefined
  #readers = 0

  constructor(options: PlatformFeedOptions) {
    this.#options = options
  }

  /** The feed for a new target: any RTMP server gets the stream as it is. The caller owes a `close()`. */
  open(kind: TargetKind): TargetFeed {
    if (kind === 'rtmp') return asItIs(this.#options.source)
    this.#platformFeed ??= new PlatformFeed(this.#options)
    const platformFeed = this.#platformFeed
    this.#readers += 1
    let closed: Promise<void> | undefined
    return {
      feed: platformFeed.feed,
      transcode: () => platformFeed.snapshot(),
      close: () => {
        closed ??= this.#leave(platformFeed)
        return closed
      },
    }
  }

  async #leave(platformFeed: PlatformFeed): Promise<void> {
    this.#readers -= 1
    if (this.#readers > 0) return
    this.#platformFeed = undefined
    await platformFeed.close()
  }
}

function asItIs(feed: Feed): TargetFeed {
  return {
    feed,
    transcode: () => ({ mode: 'copy', reasons: [] }),
    close: async () => undefined,
  }
}
