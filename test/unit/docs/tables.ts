import type { z } from 'zod'
import { configSchema } from '../../../src/config/config.ts'
import { variableName } from '../../../src/config/variables.ts'
import { errorCodes } from '../../../src/errors.ts'

/** Defaults that depend on the machine or on how the gateway was started. */
const dependentDefaults: Readonly<Record<string, string>> = {
  workers: 'one per core, at most 4',
  maxTranscodes: 'two per core',
  maxMediaBytes: 'a quarter of the memory',
  logPretty: '`true` on a terminal, else `false`',
}

/** Every setting as Markdown: a table for each section of the schema, in its order. */
export function settingsTable(): string {
  const sections = Object.values(configSchema.shape).map((section) => {
    const rows = Object.entries(section.shape).map(([key, setting]: [string, z.ZodType]) => [
      `\`${key}\``,
      `\`${variableName(key)}\``,
      shownDefault(key, setting.parse(undefined)),
      setting.description ?? '',
    ])
    return `**${section.description}**\n\n${table(['Key', 'Variable', 'Default', 'What it is'], rows)}`
  })
  return sections.join('\n\n')
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
