import type { HlsConfig } from '../config/sections/hls-config.ts'
import { fragmentLengthOf } from '../feed/fragment-length.ts'
import type { Output, OutputContext, OutputKind } from '../streams/output.ts'
import { type HlsSnapshot, hlsSnapshotSchema } from './hls-snapshot.ts'
import { HlsStore } from './store.ts'

declare module '../streams/output.ts' {
  interface OutputSnapshots {
    /** Null while there is no broadcast. */
    hls: HlsSnapshot | null
  }
}

/** HLS of all streams: an output that is always on. */
export class HlsOutput implements OutputKind<HlsSnapshot | null> {
  readonly schema = hlsSnapshotSchema.nullable()
  readonly #settings: HlsConfig
  readonly #stores = new Map<string, HlsStore>()

  constructor(settings: HlsConfig) {
    this.#settings = settings
  }

  /** What can be fetched of a stream; undefined when nothing of it is kept. */
  storeOf(stream: string): HlsStore | undefined {
    return this.#stores.get(stream)
  }

  idle(): null {
    return null
  }

  open({ stream, feed }: OutputContext): Output<HlsSnapshot> {
    const { segmentSeconds, windowSeconds, partSeconds, lowLatency } = this.#settings
    const store = new HlsStore({
      stream,
      segmentSeconds,
      windowSeconds,
      partTargetSeconds: lowLatency ? fragmentLengthOf(partSeconds).longestSeconds : null,
    })
    const detach = feed.attach(store)
    this.#stores.set(stream, store)
    return {
      snapshot: () => store.snapshot(),
      // The store ended its playlists with the feed.
      end: async () => undefined,
      dispose: () => {
        detach()
        // The next broadcast of the stream may have begun.
        if (this.#stores.get(stream) === store) this.#stores.delete(stream)
      },
    }
  }
}
