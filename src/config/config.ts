import { z } from 'zod'
import { accessConfigSchema } from './sections/access-config.ts'
import { encodeConfigSchema } from './sections/encode-config.ts'
import { hlsConfigSchema } from './sections/hls-config.ts'
import { httpConfigSchema } from './sections/http-config.ts'
import { limitsConfigSchema } from './sections/limits-config.ts'
import { logConfigSchema } from './sections/log-config.ts'
import { programsConfigSchema } from './sections/programs-config.ts'
import { restreamConfigSchema } from './sections/restream-config.ts'
import { rtcConfigSchema } from './sections/rtc-config.ts'
import { stageConfigSchema } from './sections/stage-config.ts'
import { type StateConfig, stateConfigSchema } from './sections/state-config.ts'
import { streamsConfigSchema } from './sections/streams-config.ts'

/**
 * The sections of the configuration with their titles, in the order of the documents. The code takes settings by section; operators
 * write them on one level, so each key is one of a kind and the same everywhere: `httpPort` in the file, `httpPort` in
 * the code, `SLUICE_HTTP_PORT` in the environment.
 */
export const configSchema = z.object({
  http: httpConfigSchema,
  access: accessConfigSchema,
  rtc: rtcConfigSchema,
  limits: limitsConfigSchema,
  streams: streamsConfigSchema,
  hls: hlsConfigSchema,
  encode: encodeConfigSchema,
  restream: restreamConfigSchema,
  stage: stageConfigSchema,
  state: stateConfigSchema,
  log: logConfigSchema,
  programs: programsConfigSchema,
})

/** All settings. Only `main.ts` and `app.ts` see them together: everything else takes its own section. */
export type Config = Readonly<Omit<z.infer<typeof configSchema>, 'state'> & { state: StateConfig }>

/** Every setting's schema by its key, in the order of the sections. */
export const settings: ReadonlyMap<string, z.ZodType> = new Map(
  Object.values(configSchema.shape).flatMap(({ shape }): [string, z.ZodType][] => Object.entries(shape)),
)
