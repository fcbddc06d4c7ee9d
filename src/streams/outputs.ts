import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'
import type { HlsSnapshot, TargetSnapshot } from './snapshot.ts'

/** Everything that reads a stream's feed during one session. */
export type Outputs = {
  hls(): HlsSnapshot
  targets(): TargetSnapshot[]
  /** The session is over: pushes end; what was offered to viewers can still be fetched. */
  end(): Promise<void>
  /** Nothing of the session is kept any longer. */
  dispose(): void
}

/** Opens the outputs of a session that begins. Given by `app.ts`, so that streams know no output. */
export type OpenOutputs = (context: { stream: string; feed: Feed; log: Log }) => Outputs
