import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupError } from './context.mjs'
import { whyUnreachable } from './download.mjs'
import { capture, runLong } from './exec.mjs'
import { findOnPath, isExecutable } from './files.mjs'
import { checkDownload, mayDownload } from './pinned.mjs'

const CHECK = fileURLToPath(new URL('./check-ffmpeg.mjs', import.meta.url))

/** After a failed download GitHub is not asked again for this long. */
const RETRY_AFTER_SECONDS = 24 * 3600
const DOWNLOAD_SECONDS = 300

/**
 * `FFMPEG_PATH`, else the one on PATH if it can do what the gateway needs, else ffmpeg-static's, if its hash is the
 * pinned one. The gateway looks in the same order.
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
  const system = findOnPath('ffmpeg')
  if (system) {
    const { code, stderr } = await capture(node.bin, [CHECK, system], { timeoutSeconds: 60 })
    if (code === 0) return system
    context.report.doing('ffmpeg', `  not ${system}: ${stderr.trim()}`)
  }
  const folder = join(context.root, 'node_modules', 'ffmpeg-static')
  const packaged = join(folder, 'ffmpeg')
  const name = pinnedName(folder)
  if (!name || !mayDownload(name, process.env)) return undefined
  if (isExecutable(packaged) && isPinned(context, name, packaged)) return packaged
  const marker = join(context.cacheDir, 'ffmpeg-static-failed')
  if (isRecent(modifiedMs(marker), Date.now())) return undefined
  return (await fetchPackaged(context, node, packaged, marker, name)) ? packaged : undefined
}

/**
 * By what name the binary that this ffmpeg-static fetches is pinned.
 * @param {string} folder
 * @returns {string | undefined} `undefined`: npm left the package out
 */
function pinnedName(folder) {
  const file = join(folder, 'package.json')
  if (!statSync(file, { throwIfNoEntry: false })) return undefined
  const { version } = /** @type {{ version: string }} */ (JSON.parse(readFileSync(file, 'utf8')))
  return `ffmpeg-static-${version}-${platform()}-${arch()}`
}

/**
 * @param {import('./context.mjs').SetupContext} context
 * @param {string} name
 * @param {string} file
 */
function isPinned({ report }, name, file) {
  const result = checkDownload(name, file, process.env)
  if ('refused' in result) report.note('ffmpeg', `not ffmpeg-static's: ${result.refused}`)
  else if (!result.verified) report.note('ffmpeg', `${name} is not verified; its SHA-256 is ${result.sha256}`)
  return !('refused' in result)
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
 * @param {string} name by which its hash is pinned
 * @returns {Promise<boolean>}
 */
async function fetchPackaged(context, node, target, marker, name) {
  const { report } = context
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
      isExecutable(target) &&
      isPinned(context, name, target) &&
      (await capture(target, ['-version'], { timeoutSeconds: 20 })).code === 0
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
