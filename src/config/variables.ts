import { z } from 'zod'
import { settings } from './config.ts'

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Variables with our prefix that scripts/ reads, not the gateway. */
const foreignVariables = new Set([
  'SLUICE_CACHE_DIR',
  'SLUICE_CHROMIUM',
  'SLUICE_NGINX_RTMP_MODULE',
  'SLUICE_UNVERIFIED_DOWNLOADS',
])

/** Variables of other projects whose names users already know. */
const aliases = new Map([
  ['FFMPEG_PATH', 'ffmpegPath'],
  ['MEDIASOUP_WORKER_BIN', 'workerBin'],
])

/** `httpPort` → `SLUICE_HTTP_PORT`. */
export function variableName(key: string): string {
  return `SLUICE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** The settings that the environment holds, by key; what is wrong with it goes to `problems`. */
export function readVariables(environment: Environment, problems: string[]): Record<string, unknown> {
  const byVariable = new Map([...settings.keys()].map((key) => [variableName(key), key]))
  for (const [variable, key] of aliases) byVariable.set(variable, key)
  const values: Record<string, unknown> = {}
  for (const [variable, text] of Object.entries(environment)) {
    // An empty variable is what compose files leave for "not set".
    if (text === undefined || text === '') continue
    const key = byVariable.get(variable)
    if (key) values[key] = fromText(key, text)
    else if (variable.startsWith('SLUICE_') && !foreignVariables.has(variable))
      problems.push(`${variable}: there is no such setting`)
  }
  return values
}

/** A variable's text as the type that its key wants; what does not fit is left as text for the schema to refuse. */
function fromText(key: string, text: string): unknown {
  const schema = settings.get(key)
  const wanted = schema && z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }).type
  if (wanted === 'string' || wanted === undefined) return text
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the schema says what is wanted instead.
    return text
  }
}
