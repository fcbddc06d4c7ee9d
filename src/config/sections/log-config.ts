import { z } from 'zod'

export const logConfigSchema = z
  .object({
    logLevel: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('Least level that is logged.'),
    logPretty: z
      .boolean()
      .default(process.stdout.isTTY === true)
      .describe('Logs for people instead of JSON; default on a terminal.'),
  })
  .describe('Log')

export type LogConfig = Readonly<z.infer<typeof logConfigSchema>>
