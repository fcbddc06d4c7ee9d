import type { Producer } from 'mediasoup/types'
import type { MediaRouter } from '../media-router.ts'
import type { PublishedTrack, TrackKind } from '../publication.ts'

/** A router for viewers who use the same payload types, fed from the publication's router by a pipe. */
export type ViewerRouter = { mediaRouter: MediaRouter; producers: ReadonlyMap<TrackKind, Producer> }

/** Pipes tracks into a router, and closes it when that fails. */
export async function openViewerRouter(
  source: MediaRouter,
  tracks: readonly PublishedTrack[],
  mediaRouter: MediaRouter,
): Promise<ViewerRouter> {
  try {
    const producers = new Map<TrackKind, Producer>()
    for (const { id, kind } of tracks) {
      // Both routers may be in one worker, where ids must differ.
      const { pipeProducer } = await source.router.pipeToRouter({
        producerId: id,
        router: mediaRouter.router,
        keepId: false,
      })
      if (!pipeProducer) throw new Error(`the pipe has no ${kind}`)
      producers.set(kind, pipeProducer)
    }
    return { mediaRouter, producers }
  } catch (error) {
    mediaRouter.close()
    throw error
  }
}
