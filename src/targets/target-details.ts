import type { TargetChange } from '../push/target-history.ts'
import type { TargetSnapshot } from '../push/target-snapshot.ts'

/** A target as the API lists it, also while its stream is idle. */
export type TargetDetails = TargetSnapshot & {
  /** Whether it is pushed to while its stream is live. */
  enabled: boolean
  hasKey: boolean
  /** config: can be switched and retried only · api: can be changed and removed. */
  source: 'config' | 'api'
  /** The name of its stream, or `*` when it is one for all streams. */
  scope: string
  /** The last changes of state, the newest last. */
  history: TargetChange[]
}
