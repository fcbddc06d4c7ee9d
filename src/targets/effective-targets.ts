import type { TargetConfig } from '../config/target-config.ts'
import type { StoredTargets } from './stored-targets.ts'

/** Those of the configuration file, by stream; `*` holds those for all streams. */
export type FixedTargets = ReadonlyMap<string, readonly TargetConfig[]>

/** A target that a stream has, and where it comes from. */
export type EffectiveTarget = { config: TargetConfig; source: 'config' | 'api'; scope: string }

/**
 * The targets of a stream: its own, and those for all streams (`*`). Of the same name, its own wins, then the
 * configuration's. What was switched for this stream is already in their `enabled`.
 * @param stream a stream's name, or `*` for those of all streams alone.
 */
export function effectiveTargets(
  fixed: FixedTargets,
  stored: StoredTargets,
  stream: string,
): EffectiveTarget[] {
  const scopes = stream === '*' ? ['*'] : [stream, '*']
  const all = scopes.flatMap((scope) => [
    ...(fixed.get(scope) ?? []).map((config): EffectiveTarget => ({ config, source: 'config', scope })),
    ...(stored.targets.get(scope) ?? []).map((config): EffectiveTarget => ({ config, source: 'api', scope })),
  ])
  const byName = new Map<string, EffectiveTarget>()
  for (const target of all) if (!byName.has(target.config.name)) byName.set(target.config.name, target)
  const switched = stored.switched.get(stream)
  return [...byName.values()].map((target) => {
    const enabled = switched?.get(target.config.name)
    return enabled === undefined ? target : { ...target, config: { ...target.config, enabled } }
  })
}
