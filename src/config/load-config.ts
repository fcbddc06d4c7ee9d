import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { messageOf } from '../errors.ts'
import { type Config, configSchema, settings } from './config.ts'
import { ConfigError } from './config-error.ts'
import { stateConfig } from './sections/state-config.ts'
import { type Environment, readVariables, variableName } from './variables.ts'

/**
 * Reads the configuration: defaults, then the JSON file, then the environment.
 * @throws ConfigError with every problem, wrong keys and values of both sources included.
 */
export function loadConfig(environment: Environment, filePath: string | null): Config {
  const problems: string[] = []
  const values = {
    ...(filePath === null ? {} : readFile(filePath, problems)),
    ...readVariables(environment, problems),
  }
  for (const key of Object.keys(values)) {
    if (!settings.has(key)) problems.push(`${key}: there is no such setting`)
  }
  const parsed = configSchema.safeParse(bySection(values))
  if (!parsed.success) problems.push(...parsed.error.issues.map(issueLine))
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems)
  return deepFreeze({ ...parsed.data, state: stateConfig(parsed.data.state, environment) })
}

function readFile(path: string, problems: string[]): object {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
    problems.push(`${path}: must hold one JSON object`)
  } catch (error) {
    problems.push(`${path}: ${messageOf(error)}`)
  }
  return {}
}

/** Settings of one level, sorted into their sections. */
function bySection(values: Readonly<Record<string, unknown>>): Record<string, object> {
  const sections = Object.entries(configSchema.shape).map(([name, { shape }]) => [
    name,
    Object.fromEntries(Object.entries(values).filter(([key]) => key in shape)),
  ])
  return Object.fromEntries(sections)
}

function issueLine(issue: z.core.$ZodIssue): string {
  const [, key = '', ...rest] = issue.path.map(String)
  // Of a key that is wrong itself, the reason is one level down.
  const { message } = (issue.code === 'invalid_key' && issue.issues[0]) || issue
  return `${[key, ...rest].join('.')} (${variableName(key)}): ${message}`
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
