import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** What the gateway keeps over a restart. */
export const stateConfigSchema = z
  .object({
    stateDir: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Directory of the database: targets that the API added, users, keys; default ~/.local/state/sluice.',
      ),
  })
  .describe('State')

export type StateConfig = Readonly<{
  /** Absolute. */
  stateDir: string
}>

/** The directory that was asked for, or the one that the XDG Base Directory Specification names. */
export function stateConfig(
  { stateDir }: z.infer<typeof stateConfigSchema>,
  environment: Readonly<Record<string, string | undefined>>,
): StateConfig {
  const home = environment.HOME || homedir()
  const state = environment.XDG_STATE_HOME || join(home, '.local/state')
  return { stateDir: resolve(stateDir ?? join(state, 'sluice')) }
}
