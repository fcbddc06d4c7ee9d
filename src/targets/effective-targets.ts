import type { TargetConfig } from '../config/target-config.ts'
import type { StoredTargets } from './target-store.ts'

/** Those of the configuration file. */
export type FixedTargets = Readonly<Record<string, readonly TargetConfig[]>>

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
    ...(fixed[scope] ?? []).map((config): EffectiveTarget => ({ config, source: 'config', scope })),
    ...(stored.targets[scope] ?? []).map((config): EffectiveTarget => ({ config, source: 'api', scope })),
  ])
  const byName = new Map<string, EffectiveTarget>()
  for (const target of all) if (!byName.has(target.config.name)) byName.set(target.config.name, target)
  return [...byName.values()].map((target) => {
    const enabled = stored.switched[stream]?.[target.config.name]
    return enabled === undefined ? target : { ...target, config: { ...target.config, enabled } }
  })
}
