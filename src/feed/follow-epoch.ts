import type { Epoch } from './epoch.ts'
import type { Feed } from './feed.ts'
import type { Fragment } from './fragment.ts'

/** Why no fragment of an epoch follows: the feed goes on with another one, or ended. */
export type EpochEnd = { kind: 'epoch'; epoch: Epoch } | { kind: 'feed-ended' }

/** Reads one epoch of a feed. Both are called synchronously and must not throw or block. */
export type EpochReader = {
  /** Fragments of the epoch in order, from the newest keyframe on. */
  onFragment(fragment: Fragment): void
  /** Called once, when no fragment of the epoch follows. */
  onOver(end: EpochEnd): void
}

/**
 * Follows one epoch of a feed: what an initialisation segment was made for. The ring may begin before the epoch, and
 * the feed may be past it.
 * @returns the undo: no call reaches the reader after it.
 */
export function followEpoch(feed: Feed, epoch: Epoch, reader: EpochReader): () => void {
  let over = false
  let replay = true
  const end = (why: EpochEnd): void => {
    if (over) return
    over = true
    reader.onOver(why)
  }
  const detach = feed.attach({
    onFragment(fragment) {
      if (over) return
      if (fragment.epoch === epoch) reader.onFragment(fragment)
      else if (!replay) end({ kind: 'epoch', epoch: fragment.epoch })
    },
    onEnd() {
      // An ended feed replays first: what its ring holds says more than that it ended.
      if (!replay) end({ kind: 'feed-ended' })
    },
  })
  replay = false
  const newest = feed.newest?.epoch
  if (feed.ended) end({ kind: 'feed-ended' })
  else if (newest && newest !== epoch) end({ kind: 'epoch', epoch: newest })
  return () => {
    over = true
    detach()
  }
}
