import type { TargetConfig } from '../config/target-config.ts'
import { destinationOf } from '../push/connection/destination.ts'
import type { TargetSnapshot } from '../push/target-snapshot.ts'

/**
 * A target that is not pushed to now: its stream is idle, or it is switched off.
 * @param since ISO time.
 */
export function idleSnapshot(stream: string, config: TargetConfig, since: string): TargetSnapshot {
  return {
    name: config.name,
    kind: config.kind,
    destination: destinationOf(config, stream === '*' ? 'stream' : stream).shown,
    state: config.enabled ? 'waiting' : 'stopped',
    since,
    liveSince: null,
    bitrateBps: 0,
    sentBytes: 0,
    droppedFragments: 0,
    droppedSeconds: 0,
    reconnects: 0,
    failures: 0,
    nextTryAt: null,
    lastError: null,
    errorClass: null,
    profile: null,
  }
}
