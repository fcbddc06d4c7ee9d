import { chmodSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { arch, platform, release } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupError } from './context.mjs'
import { download } from './download.mjs'
import { capture } from './exec.mjs'
import { withTempFolder } from './files.mjs'
import { thisDistribution } from './os-release.mjs'
import { checkDownload, mayDownload } from './pinned.mjs'
import { hashOf, isStamped, writeStamp } from './stamp.mjs'
import { buildWorker } from './worker-build.mjs'

const OVERLAY = fileURLToPath(new URL('./worker/', import.meta.url))
/** The worker's exit code for being started by hand, which proves that it loads with all its libraries. */
const STARTED_BY_HAND = 41

/**
 * A mediasoup-worker that needs no building: the user's, mediasoup's own, a cached one, or a download of
 * mediasoup's prebuilt one, if its hash is pinned or `SLUICE_UNVERIFIED_DOWNLOADS` allows it without.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @returns {Promise<string | undefined>} `undefined`: it has to be built
 * @throws {SetupError} when the user's own does not start
 */
export async function findWorker(context, node) {
  const { root, report } = context
  const own = process.env.MEDIASOUP_WORKER_BIN
  if (own) {
    if (await starts(own)) return own
    throw new SetupError(`MEDIASOUP_WORKER_BIN=${own} does not start; correct it or leave it out.`)
  }
  const shipped = join(root, 'node_modules/mediasoup/worker/out/Release/mediasoup-worker')
  if (await starts(shipped)) return shipped
  const files = workerFiles(context)
  // A downloaded one stays in the cache, also from a time when downloads were allowed.
  const allowed = mayDownload(thisArchive(files.version), process.env)
  for (const file of [...(allowed ? [files.prebuilt] : []), files.built]) {
    if (isStamped(stampOf(file), sizeOf(file)) && (await starts(file))) return file
  }
  if (process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) return undefined
  if (!allowed) return undefined
  report.doing('worker', `asking GitHub for mediasoup's own worker ${files.version} (up to 20 s)`)
  const failure = await fetchPrebuilt(context, node, files.version, files.prebuilt)
  if (failure === undefined) return files.prebuilt
  report.doing('worker', `  not to be had from there: ${failure}`)
  return undefined
}

/**
 * Builds the worker from the source in the npm package against the system's libraries, which must be there.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @returns {Promise<string>}
 * @throws {SetupError}
 */
export async function makeWorker(context, node) {
  const { built, version } = workerFiles(context)
  context.report.doing('worker', `building mediasoup-worker ${version} (about 4 min on 2 cores)`)
  await withTempFolder(context.cacheDir, async (temp) => {
    const fresh = await buildWorker(
      context,
      join(context.root, 'node_modules/mediasoup/worker'),
      OVERLAY,
      temp,
    )
    const failure = await accept(context, node, fresh, built)
    if (failure) throw new SetupError(`The mediasoup-worker built here does not work: ${failure}`)
  })
  return built
}

/**
 * Where the cached binaries of this version are. Those built here depend on the system's libraries and on
 * the files that adapt the source to them.
 * @param {{ version: string, distribution: import('./os-release.mjs').Distribution, platform: string, arch: string, overlayHash: string }} facts
 * @returns {{ prebuilt: string, built: string }}
 */
export function workerKeys({ version, distribution, platform, arch, overlayHash }) {
  return {
    prebuilt: `mediasoup-worker-${version}-prebuilt-${platform}-${arch}`,
    built: `mediasoup-worker-${version}-${distribution.id}${distribution.version}-${arch}-${overlayHash.slice(0, 8)}`,
  }
}

/**
 * The name of mediasoup's own archive, which has the kernel's major version in it.
 * @param {{ version: string, platform: string, arch: string, kernel: string }} facts
 */
export function prebuiltArchive({ version, platform, arch, kernel }) {
  const suffix = platform === 'linux' ? `-kernel${Number(kernel.split('.')[0])}` : ''
  return `mediasoup-worker-${version}-${platform}-${arch}${suffix}.tgz`
}

/** @param {string} version */
function thisArchive(version) {
  return prebuiltArchive({ version, platform: platform(), arch: arch(), kernel: release() })
}

/** @param {import('./context.mjs').SetupContext} context */
function workerFiles({ root, cacheDir }) {
  const text = readFileSync(join(root, 'node_modules/mediasoup/package.json'), 'utf8')
  const { version } = /** @type {{ version: string }} */ (JSON.parse(text))
  const keys = workerKeys({
    version,
    distribution: thisDistribution(),
    platform: platform(),
    arch: arch(),
    overlayHash: hashOf(OVERLAY, [join(OVERLAY, 'subprojects')]),
  })
  return {
    version,
    prebuilt: join(cacheDir, keys.prebuilt, 'mediasoup-worker'),
    built: join(cacheDir, keys.built, 'mediasoup-worker'),
  }
}

/**
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @param {string} version
 * @param {string} target
 * @returns {Promise<string | undefined>} why it failed
 */
function fetchPrebuilt(context, node, version, target) {
  const base =
    process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ||
    'https://github.com/versatica/mediasoup/releases/download'
  const archive = thisArchive(version)
  return withTempFolder(context.cacheDir, async (temp) => {
    const file = join(temp, archive)
    const failure = await download(`${base}/${version}/${archive}`, file)
    if (failure) return failure
    const checked = checkDownload(archive, file, process.env)
    if ('refused' in checked) return checked.refused
    if (!checked.verified)
      context.report.note('worker', `${archive} is not verified; its SHA-256 is ${checked.sha256}`)
    const { code, stderr } = await capture('tar', ['-xzf', file, '-C', temp])
    if (code !== 0) return `the archive is damaged (${stderr.trim()})`
    return accept(context, node, join(temp, 'mediasoup-worker'), target)
  })
}

/**
 * Tries a new binary through mediasoup and, if it works, puts it in its place in one step.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @param {string} fresh
 * @param {string} target
 * @returns {Promise<string | undefined>} why it was refused
 */
async function accept({ root }, node, fresh, target) {
  chmodSync(fresh, 0o755)
  if (!(await starts(fresh))) return 'it does not start on this system'
  const verify = fileURLToPath(new URL('./worker/verify.mjs', import.meta.url))
  const { code, stderr } = await capture(node.bin, [verify, fresh], { cwd: root, timeoutSeconds: 30 })
  if (code !== 0) return stderr.trim() || `the trial run ended with code ${code}`
  mkdirSync(dirname(target), { recursive: true })
  // The stamp holds the size: a binary that was cut off behind what it needs to start is noticed by it.
  writeStamp(stampOf(target), sizeOf(fresh))
  renameSync(fresh, target)
  return undefined
}

/** @param {string} binary */
async function starts(binary) {
  // Without mediasoup's environment it only says who may start it, and ends.
  const { code } = await capture(binary, [], { env: {}, timeoutSeconds: 10 })
  return code === STARTED_BY_HAND
}

/** @param {string} binary */
function stampOf(binary) {
  return `${binary}.size`
}

/** @param {string} file */
function sizeOf(file) {
  return String(statSync(file, { throwIfNoEntry: false })?.size)
}
