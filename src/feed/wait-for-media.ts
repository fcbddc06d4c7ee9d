import type { Epoch } from './epoch.ts'
import type { Feed } from './feed.ts'

/**
 * Waits until the feed gets its next fragment: what is in its ring may be from before a pause, and worth no connection.
 * @returns its epoch; null when the feed ended or the signal was aborted instead.
 */
export function waitForMedia(feed: Feed, signal: AbortSignal): Promise<Epoch | null> {
  if (feed.ended || signal.aborted) return Promise.resolve(null)
  return new Promise((resolve) => {
    const finish = (epoch: Epoch | null): void => {
      detach()
      signal.removeEventListener('abort', onAbort)
      resolve(epoch)
    }
    const onAbort = (): void => finish(null)
    const detach = feed.attach(
      { onFragment: (fragment) => finish(fragment.epoch), onEnd: () => finish(null) },
      { from: 'next' },
    )
    signal.addEventListener('abort', onAbort)
  })
}
