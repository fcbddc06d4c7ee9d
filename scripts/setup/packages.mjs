import { join } from 'node:path'
import { SetupError } from './context.mjs'
import { runLong } from './exec.mjs'
import { NPM_OPTIONS, withNodeOnPath } from './node.mjs'
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
  const [command, ...args] = node.npm
  const env = withNodeOnPath(node, process.env)
  // Named explicitly: NODE_ENV=production or the user's npm settings would leave out what is needed.
  const include = ['--include=dev', '--include=optional']
  /** @param {readonly string[]} how */
  const runNpm = (how) =>
    runLong(report, 'packages', command, [...args, ...how, ...include, ...NPM_OPTIONS], { cwd: root, env })
  report.doing('packages', 'installing the npm packages (about 20 s)')
  let { code, excerpt } = await runNpm(['ci'])
  if (code !== 0 && excerpt.includes('EUSAGE')) {
    // npm ci insists on every platform's optional packages in the lock file, and a registry mirror that
    // lacks some makes npm write a lock file without them. npm install takes the versions that are there.
    report.doing('packages', '  npm ci finds the lock file incomplete; trying npm install')
    ;({ code, excerpt } = await runNpm(['install', '--no-save']))
  }
  if (code !== 0) {
    throw new SetupError(
      `The npm packages could not be installed; can the npm registry be reached?\n${excerpt}`,
    )
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
