import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetupError } from './context.mjs'
import { whyUnreachable } from './download.mjs'
import { capture, runLong } from './exec.mjs'
import { findOnPath, isExecutable } from './files.mjs'

/** After a failed download a system ffmpeg is used without asking again for this long. */
const RETRY_AFTER_SECONDS = 24 * 3600
const DOWNLOAD_SECONDS = 300

/**
 * `FFMPEG_PATH`, else ffmpeg-static's (fetched if it can be), else the one on PATH. The gateway looks in the
 * same order.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @returns {Promise<string | undefined>} `undefined`: Debian's has to be installed
 * @throws {SetupError} when `FFMPEG_PATH` is wrong
 */
export async function findFfmpeg(context, node) {
  const own = process.env.FFMPEG_PATH
  if (own) {
    const found = isExecutable(own) ? own : findOnPath(own)
    if (found) return found
    throw new SetupError(`FFMPEG_PATH=${own} is not an executable file; correct it or leave it out.`)
  }
  const packaged = join(context.root, 'node_modules', 'ffmpeg-static', 'ffmpeg')
  if (isExecutable(packaged)) return packaged
  const system = findOnPath('ffmpeg')
  const marker = join(context.cacheDir, 'ffmpeg-static-failed')
  const shouldTry = !system || !isRecent(modifiedMs(marker), Date.now())
  if (shouldTry && (await fetchPackaged(context, node, packaged, marker))) return packaged
  return system
}

/**
 * Has a download failed so lately that trying again is not worth the wait?
 * @param {number | undefined} failedMs
 * @param {number} nowMs
 */
export function isRecent(failedMs, nowMs) {
  return failedMs !== undefined && nowMs - failedMs < RETRY_AFTER_SECONDS * 1000
}

/**
 * Runs ffmpeg-static's own install script, which npm was told not to run because it fails where GitHub
 * cannot be reached and would take the whole installation with it.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @param {string} target
 * @param {string} marker
 * @returns {Promise<boolean>}
 */
async function fetchPackaged({ report }, node, target, marker) {
  const folder = dirname(target)
  const script = join(folder, 'install.js')
  // An optional package: npm may have left it out on a system that it has no binary for.
  if (!statSync(script, { throwIfNoEntry: false })) return false
  const base =
    process.env.FFMPEG_BINARIES_URL || 'https://github.com/eugeneware/ffmpeg-static/releases/download'
  report.doing('ffmpeg', 'asking GitHub for ffmpeg-static (up to 20 s, then about 80 MB)')
  let failure = await whyUnreachable(base)
  if (failure === undefined) {
    // A download cut short stays there without its executable bit, and the script would take it for done.
    rmSync(target, { force: true })
    const { FFMPEG_BIN: _ours, ...env } = process.env
    const result = await runLong(report, 'ffmpeg', node.bin, [script], {
      cwd: folder,
      env,
      timeoutSeconds: DOWNLOAD_SECONDS,
    })
    // The script also fails when only the licence file could not be fetched.
    const works =
      isExecutable(target) && (await capture(target, ['-version'], { timeoutSeconds: 20 })).code === 0
    if (works) return true
    rmSync(target, { force: true })
    failure = result.excerpt.split('\n').at(-1) || `its install script ended with code ${result.code}`
  }
  report.doing('ffmpeg', `  not to be had from there: ${failure}`)
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, `${failure}\n`)
  return false
}

/** @param {string} file */
function modifiedMs(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs
}
