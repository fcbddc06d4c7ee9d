import { z } from 'zod'
import { savedTargetSchema, type TargetConfig } from '../config/target-config.ts'

const scopeSchema = z.string().regex(/^(\*|[a-z0-9][a-z0-9_-]{0,63})$/)

/**
 * What the API changed, by stream; `*` stands for all streams. Never changed in place. Maps, because the names come
 * from outside: an object has a `constructor` already.
 */
export type StoredTargets = {
  /** Targets that the API added. */
  readonly targets: ReadonlyMap<string, readonly TargetConfig[]>
  /** Targets of the configuration and of `*` that were switched on or off for a stream: stream → name → on. */
  readonly switched: ReadonlyMap<string, ReadonlyMap<string, boolean>>
}

/** A JSON object as a map. `z.record` would lose a name such as `__proto__`. */
function mapOf<Value extends z.ZodType>(key: z.ZodString, value: Value) {
  const entries = (json: unknown): unknown => (isObject(json) ? new Map(Object.entries(json)) : json)
  return z.preprocess(entries, z.map(key, value))
}

const fileSchema = z.strictObject({
  version: z.literal(1),
  targets: mapOf(scopeSchema, z.array(savedTargetSchema)).default(new Map()),
  switched: mapOf(scopeSchema, mapOf(z.string(), z.boolean())).default(new Map()),
})

/**
 * Reads the text of `targets.json`, where earlier versions kept this.
 * @throws z.ZodError; its paths say where the damage is, its values may be keys.
 */
export function parseStoredTargets(text: string): StoredTargets {
  const { targets, switched } = fileSchema.parse(parseJson(text))
  return { targets, switched }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses it.
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
