import { randomBytes } from 'node:crypto'
import { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import type { BroadcastOwner, PublishClaim } from './may-take-over.ts'
import { type OpenOutputs, openOutputs } from './open-outputs.ts'
import type { OutputKinds } from './output.ts'

/** The ring only has to let late readers join at a keyframe; the playlists keep their own window. */
const feedLimits = { maxSeconds: 12, maxBytes: 64 * 1024 * 1024 }

/** What broadcasts are made of, for all streams the same. */
export type BroadcastParts = { outputs: OutputKinds; feedBytes: () => number }

/** From a stream's first publication to its end: publications may follow one another in it. */
export class Broadcast {
  readonly feed: Feed
  readonly outputs: OpenOutputs
  #owner: BroadcastOwner = { principal: '', tokens: [] }
  #liveSince: string | null = null

  /** @throws what an output throws when it opens. */
  constructor(stream: string, { outputs: kinds, feedBytes }: BroadcastParts, log: Log) {
    this.feed = new Feed({ ...feedLimits, budgetBytes: feedBytes })
    this.outputs = openOutputs(kinds, { stream, feed: this.feed, log })
  }

  get owner(): BroadcastOwner {
    return this.#owner
  }

  /** ISO time at which media first came out; null before. */
  get liveSince(): string | null {
    return this.#liveSince
  }

  /** Media comes out. */
  noteLive(): void {
    this.#liveSince ??= new Date().toISOString()
  }

  /**
   * Makes the broadcast a publisher's own. The token that it showed stays good until `confirmOwner()`: the answer with
   * the fresh one may be lost on a bad network.
   * @returns the publication's own token.
   */
  own({ principal, resumeToken }: PublishClaim): string {
    const token = randomBytes(16).toString('base64url')
    const shown = this.#owner.tokens.filter((known) => known === resumeToken)
    this.#owner = { principal, tokens: [token, ...shown] }
    return token
  }

  /** The publisher has got its token. */
  confirmOwner(): void {
    this.#owner = { ...this.#owner, tokens: this.#owner.tokens.slice(0, 1) }
  }

  /** No media follows. Resolves when no process of an output is left. */
  end(): Promise<void> {
    this.feed.end()
    return this.outputs.end()
  }

  /** After this nothing of it can be fetched any longer. */
  dispose(): void {
    this.outputs.dispose()
  }
}
