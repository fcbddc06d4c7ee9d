import type { Producer } from 'mediasoup/types'
import type { PublishedTrack, TrackKind } from './publication.ts'
import type { Room } from './room.ts'

/** A router for viewers who use the same payload types, fed from the publication's router by a pipe. */
export type ViewerRoom = { room: Room; producers: ReadonlyMap<TrackKind, Producer> }

/** Pipes tracks into a room. The room is closed when that fails. */
export async function openViewerRoom(
  source: Room,
  tracks: readonly PublishedTrack[],
  room: Room,
): Promise<ViewerRoom> {
  try {
    const producers = new Map<TrackKind, Producer>()
    for (const { id, kind } of tracks) {
      // Both routers may be in one worker, where ids must differ.
      const { pipeProducer } = await source.router.pipeToRouter({
        producerId: id,
        router: room.router,
        keepId: false,
      })
      if (!pipeProducer) throw new Error(`the pipe has no ${kind}`)
      producers.set(kind, pipeProducer)
    }
    return { room, producers }
  } catch (error) {
    room.close()
    throw error
  }
}
