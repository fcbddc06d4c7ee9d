import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * SHA-256 of each binary that set-up may download from outside of npm, whose lock file pins the rest: mediasoup's
 * archive of a worker by its file name, ffmpeg-static's binary by `ffmpeg-static-VERSION-PLATFORM-ARCH`. A line is added
 * only by a maintainer who compared it with what the project itself publishes; set-up says the hash of what it got.
 * What has no line here is not downloaded: the worker is compiled, and ffmpeg is the distribution's.
 * @type {Readonly<Record<string, string>>}
 */
export const PINNED = Object.freeze({})

/** For machines that can't compile: the variable that lets set-up use downloads without a pinned hash. */
export const UNVERIFIED = 'SLUICE_UNVERIFIED_DOWNLOADS'

/**
 * Is it worth downloading this at all?
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {Readonly<Record<string, string>>} [pinned]
 */
export function mayDownload(name, env, pinned = PINNED) {
  return Object.hasOwn(pinned, name) || env[UNVERIFIED] === '1'
}

/**
 * Compares a downloaded file with its pinned hash.
 * @param {string} name
 * @param {string} file
 * @param {NodeJS.ProcessEnv} env
 * @param {Readonly<Record<string, string>>} [pinned]
 * @returns {{ refused: string } | { sha256: string, verified: boolean }} `refused`: why it must not be used
 */
export function checkDownload(name, file, env, pinned = PINNED) {
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (!Object.hasOwn(pinned, name)) {
    if (env[UNVERIFIED] === '1') return { sha256, verified: false }
    return { refused: `no SHA-256 is pinned for ${name}` }
  }
  if (sha256 === pinned[name]) return { sha256, verified: true }
  return { refused: `the SHA-256 of ${name} is ${sha256} instead of ${pinned[name]}` }
}
