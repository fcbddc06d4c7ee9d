import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch } from './launch.mjs'
import { packageBin } from './package-bin.mjs'
import { PLAYER_CONFIG, playerStampFile } from './player.mjs'
import { removeStamp } from './stamp.mjs'
import { closingLine, countResults } from './test-result.mjs'

/**
 * What a task runs with, after the set-up.
 * @typedef {object} TaskContext
 * @property {string} root
 * @property {string} node the Node binary
 * @property {NodeJS.ProcessEnv} env
 * @property {readonly string[]} args the user's
 */

/**
 * @typedef {object} Task
 * @property {import('./setup.mjs').Extent} extent
 * @property {(context: TaskContext) => Promise<number>} run resolves to the exit code
 */

/** @type {Record<string, Task>} */
export const TASKS = {
  setup: { extent: 'gateway', run: async () => 0 },
  start: { extent: 'gateway', run: ({ args, ...context }) => runNode(context, gateway(args)) },
  demo: { extent: 'gateway', run: ({ args, ...context }) => runNode(context, gateway(['--demo', ...args])) },
  dev: { extent: 'gateway', run: runDev },
  bench: {
    extent: 'tests',
    run: ({ args, ...context }) => runNode(context, ['scripts/bench/main.ts', ...args]),
  },
  check: { extent: 'code', run: runCheck },
  test: { extent: 'tests', run: runTests },
}

/** @param {readonly string[]} args */
function gateway(args) {
  // Node 22 warns at every start that it strips types, which is what we want it to do.
  return ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...args]
}

/**
 * @param {Pick<TaskContext, 'root' | 'node' | 'env'>} context
 * @param {readonly string[]} args
 */
function runNode({ root, node, env }, args) {
  return launch([[node, ...args]], { cwd: root, env })
}

/** @param {TaskContext} context */
function runDev({ root, node, env, args }) {
  // From now on the output folder holds development builds, which are not what `start` serves.
  removeStamp(playerStampFile(root))
  const vite = packageBin(root, 'vite')
  return launch(
    [
      [node, vite, 'build', '--watch', '--config', PLAYER_CONFIG],
      [node, '--watch', ...gateway(args)],
    ],
    { cwd: root, env },
  )
}

/**
 * Format, lint and types. Runs both also when the first fails, to show everything in one go.
 * @param {Pick<TaskContext, 'root' | 'node' | 'env'>} context
 * @returns {Promise<number>} how many failed
 */
async function runStaticChecks(context) {
  const checks = [
    [packageBin(context.root, '@biomejs/biome'), 'ci', '.'],
    [packageBin(context.root, 'typescript', 'tsc')],
  ]
  let failed = 0
  for (const check of checks) if ((await runNode(context, check)) !== 0) failed += 1
  return failed
}

/** @param {TaskContext} context */
async function runCheck({ args, ...context }) {
  const failed = await runStaticChecks(context)
  const code = await runNode(context, [
    packageBin(context.root, 'vitest'),
    'run',
    '--project',
    'unit',
    ...args,
  ])
  return failed > 0 ? 1 : code
}

/**
 * Everything that can be checked, closed by a line `N passed, N failed` for scripts to read.
 * @param {TaskContext} context
 */
async function runTests({ args, ...context }) {
  const failedChecks = await runStaticChecks(context)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  const reportFile = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  try {
    const exitCode = await runNode(context, [
      packageBin(context.root, 'vitest'),
      'run',
      ...reporters,
      ...args,
    ])
    const counts = countResults(readReport(reportFile), { exitCode, failedChecks })
    if (failedChecks > 0) console.log(`${failedChecks} of "format + lint" and "types" failed, see above`)
    console.log(closingLine(counts))
    return exitCode || (counts.failed > 0 ? 1 : 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} file
 * @returns {import('./test-result.mjs').VitestReport | undefined}
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // vitest ended before it wrote one; countResults makes a failure of that
  }
}
