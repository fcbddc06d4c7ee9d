import type { z } from 'zod'
import type { Feed } from '../feed/feed.ts'
import type { Log } from '../log.ts'

/**
 * What each kind of output shows of itself in a stream's snapshot, under its name. The folder of an output adds its own
 * name by declaration merging, so that streams know no output.
 */
// biome-ignore lint/suspicious/noEmptyInterface: each output adds a member.
export interface OutputSnapshots {}

/** What reads a stream's feed during one broadcast: playlists, pushes, a recording. */
export type Output<Snapshot> = {
  snapshot(): Snapshot
  /** The feed has ended. Resolves when no process of the output is left; what viewers were offered can still be fetched. */
  end(): Promise<void>
  /** Nothing of the broadcast is kept any longer. */
  dispose(): void
}

export type OutputContext = { stream: string; feed: Feed; log: Log }

/** One kind of output, of which each broadcast opens one. */
export type OutputKind<Snapshot> = {
  /** What its snapshots look like, for the documents of the API. */
  schema: z.ZodType<Snapshot>
  /** The snapshot of a stream that has no broadcast. */
  idle(): Snapshot
  /** Starts to read the feed; the caller owes `end()`, then `dispose()`. */
  open(context: OutputContext): Output<Snapshot>
}

/**
 * All kinds of output by name, in the order in which broadcasts open them. `app.ts` gives one of each; the one whose
 * member of `OutputSnapshots` is optional may be left out.
 */
export type OutputKinds = { readonly [Name in keyof OutputSnapshots]: OutputKind<OutputSnapshots[Name]> }
