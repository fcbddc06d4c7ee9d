import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * What every set-up step gets.
 * @typedef {object} SetupContext
 * @property {string} root the checkout
 * @property {string} cacheDir what set-up makes outside of the checkout and keeps between checkouts
 * @property {import('./report.mjs').Report} report
 */

/** A failure whose message is one sentence that says what the user can do; it is shown without a stack. */
export class SetupError extends Error {}

/**
 * `SLUICE_CACHE_DIR`, else the XDG cache folder, else `~/.cache/sluice`.
 * @param {Record<string, string | undefined>} env
 * @param {string} [home]
 */
export function cacheDir(env, home = homedir()) {
  if (env.SLUICE_CACHE_DIR) return env.SLUICE_CACHE_DIR
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'sluice')
}
