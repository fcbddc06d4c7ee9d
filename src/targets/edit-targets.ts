import { maxTargetsPerStream, type TargetChanges, type TargetConfig } from '../config/target-config.ts'
import { ingestUrls } from '../config/target-kinds.ts'
import { GatewayError } from '../errors.ts'
import { destinationOf } from '../push/connection/destination.ts'
import { type EffectiveTarget, effectiveTargets, type FixedTargets } from './effective-targets.ts'
import type { StoredTargets } from './stored-targets.ts'

/** Over all streams: everything is kept in one small file and in memory. */
const maxStoredTargets = 500

/*
 * The edits of what is stored: each takes the state and gives the next one.
 * They throw GatewayError TARGET_NOT_FOUND, TARGET_TAKEN, TARGET_FIXED, TOO_MANY_TARGETS, BAD_REQUEST.
 */

/** The stream's target of a name. */
export function findTarget(
  fixed: FixedTargets,
  stored: StoredTargets,
  stream: string,
  name: string,
): EffectiveTarget {
  const target = effectiveTargets(fixed, stored, stream).find(({ config }) => config.name === name)
  if (target) return target
  throw new GatewayError('TARGET_NOT_FOUND', `"${stream}" has no target named "${name}".`)
}

export function withTarget(
  fixed: FixedTargets,
  stored: StoredTargets,
  stream: string,
  config: TargetConfig,
): StoredTargets {
  const present = effectiveTargets(fixed, stored, stream)
  if (present.some(({ config: { name } }) => name === config.name)) {
    throw new GatewayError(
      'TARGET_TAKEN',
      `There is a target named "${config.name}" already. Choose another name.`,
    )
  }
  const total = [...stored.targets.values()].reduce((sum, targets) => sum + targets.length, 0)
  if (present.length >= maxTargetsPerStream || total >= maxStoredTargets) {
    const limit =
      total >= maxStoredTargets
        ? `The gateway keeps ${maxStoredTargets}`
        : `A stream has ${maxTargetsPerStream}`
    throw new GatewayError('TOO_MANY_TARGETS', `${limit} targets at the most. Remove one first.`)
  }
  return withScope(stored, stream, [...(stored.targets.get(stream) ?? []), config])
}

export function withoutTarget(
  fixed: FixedTargets,
  stored: StoredTargets,
  stream: string,
  name: string,
): StoredTargets {
  checkOwn(findTarget(fixed, stored, stream, name), stream)
  const rest = (stored.targets.get(stream) ?? []).filter((target) => target.name !== name)
  return withoutSwitch(withScope(stored, stream, rest), stream, name)
}

export function withChanges(
  fixed: FixedTargets,
  stored: StoredTargets,
  stream: string,
  name: string,
  { url, ...changes }: TargetChanges,
): StoredTargets {
  const target = findTarget(fixed, stored, stream, name)
  const { enabled, ...others } = changes
  if (url === undefined && Object.keys(others).length === 0) {
    return enabled === undefined ? stored : withSwitch(fixed, stored, stream, name, enabled)
  }
  checkOwn(target, stream)
  const kind = changes.kind ?? target.config.kind
  // Another platform has another address.
  const ownUrl =
    url === undefined && kind === target.config.kind ? target.config.url : (url ?? ingestUrls[kind])
  if (ownUrl === null) throw new GatewayError('BAD_REQUEST', 'url: is missing: where should the stream go?')
  const before = destinationOf(target.config, stream).shown
  if (
    changes.key === undefined &&
    target.config.key !== '' &&
    destinationOf({ url: ownUrl, key: '' }, stream).shown !== before
  ) {
    // Else a user who may change targets could have the key sent to a server of their own.
    throw new GatewayError('BAD_REQUEST', 'key: has to be given again for another server.')
  }
  const changed: TargetConfig = {
    name,
    kind,
    url: ownUrl,
    key: changes.key ?? target.config.key,
    enabled: enabled ?? target.config.enabled,
  }
  const list = (stored.targets.get(stream) ?? []).map((config) => (config.name === name ? changed : config))
  return withScope(stored, stream, list)
}

export function withSwitch(
  fixed: FixedTargets,
  stored: StoredTargets,
  stream: string,
  name: string,
  enabled: boolean,
): StoredTargets {
  const { source, scope } = findTarget(fixed, stored, stream, name)
  if (source === 'api' && scope === stream) {
    const list = (stored.targets.get(stream) ?? []).map((config) =>
      config.name === name ? { ...config, enabled } : config,
    )
    return withScope(stored, stream, list)
  }
  const unswitched = withoutSwitch(stored, stream, name)
  if (findTarget(fixed, unswitched, stream, name).config.enabled === enabled) return unswitched
  const total = [...unswitched.switched.values()].reduce((sum, names) => sum + names.size, 0)
  if (total >= maxStoredTargets) {
    throw new GatewayError(
      'TOO_MANY_TARGETS',
      'The gateway remembers no more targets that were switched off.',
    )
  }
  const ofStream = new Map(unswitched.switched.get(stream)).set(name, enabled)
  return { ...unswitched, switched: new Map(unswitched.switched).set(stream, ofStream) }
}

function withScope(stored: StoredTargets, scope: string, list: readonly TargetConfig[]): StoredTargets {
  const targets = new Map(stored.targets)
  if (list.length === 0) targets.delete(scope)
  else targets.set(scope, list)
  return { ...stored, targets }
}

function withoutSwitch(stored: StoredTargets, stream: string, name: string): StoredTargets {
  const ofStream = new Map(stored.switched.get(stream))
  if (!ofStream.delete(name)) return stored
  const switched = new Map(stored.switched)
  if (ofStream.size === 0) switched.delete(stream)
  else switched.set(stream, ofStream)
  return { ...stored, switched }
}

/** @throws GatewayError TARGET_FIXED */
function checkOwn({ source, scope, config: { name } }: EffectiveTarget, stream: string): void {
  if (source === 'config') {
    throw new GatewayError(
      'TARGET_FIXED',
      `"${name}" is set in the gateway's configuration: it can be switched off, not changed here.`,
    )
  }
  if (scope !== stream) {
    throw new GatewayError(
      'TARGET_FIXED',
      `"${name}" is a target of all streams: change it there (stream "*").`,
    )
  }
}
