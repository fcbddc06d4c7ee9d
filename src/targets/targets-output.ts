import { z } from 'zod'
import { type TargetSnapshot, targetSnapshotSchema } from '../push/target-snapshot.ts'
import type { OutputKind } from '../streams/output.ts'
import type { Targets } from './targets.ts'

declare module '../streams/output.ts' {
  interface OutputSnapshots {
    /** Empty while there is no broadcast. */
    targets: TargetSnapshot[]
  }
}

/** The pushes of each broadcast to the targets of its stream. */
export function targetsOutput(targets: Targets): OutputKind<TargetSnapshot[]> {
  return {
    schema: z.array(targetSnapshotSchema),
    idle: () => [],
    open({ stream, feed, log }) {
      const pushes = targets.open(stream, feed, log)
      return {
        snapshot: () => pushes.snapshot(),
        end: () => pushes.close(),
        dispose: () => undefined,
      }
    },
  }
}
