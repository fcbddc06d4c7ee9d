import { z } from 'zod'
import { configSchema, variableName } from '../../../src/config.ts'
import { errorCodes } from '../../../src/errors.ts'

/** Defaults that depend on the machine or on how the gateway was started. */
const dependentDefaults: Readonly<Record<string, string>> = {
  workers: 'one per core, at most 4',
  logPretty: '`true` on a terminal, else `false`',
}

/** Every setting of the schema as a Markdown table, in the schema's order. */
export function settingsTable(): string {
  // Not those of the JSON schema: it has none where a value is made of another one.
  const defaults: Record<string, unknown> = configSchema.parse({})
  const properties = z.toJSONSchema(configSchema, { io: 'input' }).properties ?? {}
  const rows = Object.entries(properties).map(([key, property]) => {
    if (typeof property === 'boolean') throw new Error(`${key} has no schema`)
    const { description = '' } = property
    return [`\`${key}\``, `\`${variableName(key)}\``, shownDefault(key, defaults[key]), description]
  })
  return table(['Key', 'Variable', 'Default', 'What it is'], rows)
}

/** Every error code as a Markdown table, in the order of `errors.ts`. */
export function errorsTable(): string {
  const rows = Object.entries(errorCodes).map(([code, { status, fault }]) => [
    `\`${code}\``,
    String(status),
    fault,
  ])
  return table(['Code', 'Status', 'Whose fault'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

function shownDefault(key: string, value: unknown): string {
  return dependentDefaults[key] ?? (value === null ? 'none' : `\`${JSON.stringify(value)}\``)
}
