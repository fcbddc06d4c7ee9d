import { join } from 'node:path'
import { SetupError } from './context.mjs'
import { runLong } from './exec.mjs'
import { withNodeOnPath } from './node.mjs'
import { hashOf, isStamped, writeStamp } from './stamp.mjs'

/**
 * `npm ci`, when the lock file, the platform or Node's major version is not the one that was installed for.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @throws {SetupError}
 */
export async function ensurePackages({ root, report }, node) {
  // Inside node_modules, so that it goes whenever that goes; npm ci removes the folder first.
  const stampFile = join(root, 'node_modules', '.sluice', 'packages')
  const stamp = packagesStamp(hashOf(root, [join(root, 'package-lock.json')]), node.major)
  if (isStamped(stampFile, stamp)) return
  report.doing('packages', 'installing the npm packages (about 20 s)')
  const [command, ...args] = node.npm
  if (!command) throw new TypeError('npm has no command')
  // Named explicitly: NODE_ENV=production or the user's npm settings would leave out what is needed.
  const include = ['--include=dev', '--include=optional']
  const { code, tail } = await runLong(
    report,
    'packages',
    command,
    [...args, 'ci', '--ignore-scripts', ...include, '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, env: withNodeOnPath(node, process.env) },
  )
  if (code !== 0) {
    throw new SetupError(`npm ci failed; check that the npm registry can be reached.\n${tail}`)
  }
  writeStamp(stampFile, stamp)
}

/**
 * @param {string} lockHash
 * @param {string} nodeMajor
 */
export function packagesStamp(lockHash, nodeMajor) {
  return `${lockHash} node${nodeMajor} ${process.platform}-${process.arch}`
}
