// `node scripts/run.mjs TASK [args…]`: sets up what the task needs, then runs it. Has to work with an old
// Node and without any npm package, because it is what fetches those.
import { fileURLToPath } from 'node:url'
import { cacheDir, SetupError } from './setup/context.mjs'
import { killRunning } from './setup/exec.mjs'
import { createReport } from './setup/report.mjs'
import { setUp } from './setup/setup.mjs'
import { TASKS } from './setup/tasks.mjs'
import { closingLine } from './setup/test-result.mjs'

const [name = '', ...args] = process.argv.slice(2)
const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined
if (task) {
  process.exit(await main(task))
} else {
  console.error(`Usage: node scripts/run.mjs ${Object.keys(TASKS).join('|')} [arguments]`)
  process.exit(2)
}

/**
 * @param {import('./setup/tasks.mjs').Task} task
 * @returns {Promise<number>} exit code
 */
async function main(task) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const report = createReport()
  process.on('SIGINT', stopSetUp)
  process.on('SIGTERM', stopSetUp)
  try {
    const { node, env } = await setUp({ root, cacheDir: cacheDir(process.env), report }, task.extent)
    report.finish()
    process.off('SIGINT', stopSetUp)
    process.off('SIGTERM', stopSetUp)
    return await task.run({ root, node: node.bin, env, args })
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(error.message)
    // Who reads the closing line of a test run must not take the one of an earlier run for it.
    if (name === 'test') console.log(closingLine({ passed: 0, failed: 1 }))
    return 1
  }
}

/** @param {NodeJS.Signals} signal */
function stopSetUp(signal) {
  killRunning()
  process.exit(signal === 'SIGINT' ? 130 : 143)
}
