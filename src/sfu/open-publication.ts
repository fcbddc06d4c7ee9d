import { GatewayError } from '../errors.ts'
import type { TranscodeSlots } from '../transcode-slots.ts'
import { Publication, type TrackKind } from './publication.ts'
import type { TapPorts } from './tap-ports.ts'
import type { Viewer } from './viewers/viewer.ts'
import { Viewers } from './viewers/viewers.ts'
import type { WatchRequest } from './viewers/watch-request.ts'
import type { WorkerPool } from './worker-pool.ts'

export type PublicationPlace = {
  publication: Publication
  watch(request: WatchRequest, onEnd: () => void): Promise<Viewer>
  close(): void
}

/**
 * Makes a router for one publisher, and room for its real-time viewers.
 * @param options.onEnd called once when the publication ends by itself; not after `close()`.
 * @throws GatewayError WORKER_DIED
 */
export async function openPublication(
  { pool, ports, transcodes }: { pool: WorkerPool; ports: TapPorts; transcodes: TranscodeSlots },
  options: { kinds: readonly TrackKind[]; onEnd: (error: GatewayError) => void },
): Promise<PublicationPlace> {
  let publication: Publication | undefined
  const workerDied = (): void =>
    publication?.fail(new GatewayError('WORKER_DIED', 'The media worker broke down and is being replaced.'))
  const mediaRouter = await pool.createMediaRouter(workerDied)
  const { kinds: announcedKinds, onEnd } = options
  const open = new Publication({ mediaRouter, announcedKinds, ports, transcodes, onEnd })
  publication = open
  const viewers = new Viewers({
    publication: open,
    createMediaRouter: (codecs, onDied) => pool.createMediaRouter(onDied, codecs),
  })
  open.onTracksChanged(() => viewers.tracksChanged())
  return {
    publication: open,
    watch: (request, onEnd) => viewers.watch(request, onEnd),
    close() {
      viewers.close()
      open.close()
      mediaRouter.close()
    },
  }
}
