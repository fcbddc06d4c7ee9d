import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const PROGRESS_EVERY_SECONDS = 10
/** Of a failed command's output, npm says what is wrong first, compilers and apt say it last. */
const HEAD_LINES = 12
const TAIL_LINES = 20

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/** Ends what set-up has started, when set-up itself gets a signal to end. */
export function killRunning() {
  for (const child of running) child.kill('SIGTERM')
}

/**
 * @typedef {object} Result
 * @property {number} code exit code; 128 when a signal ended it, 127 when it could not be started
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a command and collects its output. Never rejects: a command that is missing has code 127.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutSeconds?: number }} [options]
 * @returns {Promise<Result>}
 */
export async function capture(command, args, { cwd, env, timeoutSeconds = 0 } = {}) {
  let stdout = ''
  let stderr = ''
  try {
    // Node throws at once for some files that cannot be started, and emits 'error' for others.
    const child = spawn(command, [...args], {
      ...(cwd ? { cwd } : {}),
      ...(env ? { env } : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutSeconds * 1000,
      killSignal: 'SIGKILL',
    })
    running.add(child)
    child.once('close', () => running.delete(child))
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    const [code] = /** @type {[number | null]} */ (await once(child, 'close'))
    return { code: code ?? 128, stdout, stderr }
  } catch (error) {
    return { code: 127, stdout, stderr: `${stderr}${error instanceof Error ? error.message : error}\n` }
  }
}

/**
 * The last line worth showing of a long command: ninja's `[12/345] …` without the file name behind it.
 * @param {string} line
 */
export function condense(line) {
  const ninja = /^\[(\d+)\/(\d+)\]/.exec(line)
  return ninja ? `${ninja[1]} of ${ninja[2]}` : line.slice(0, 100)
}

/**
 * Runs a long command and shows its newest line now and then instead of all of them.
 * @param {import('./report.mjs').Report} report
 * @param {string} step
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, log?: import('node:fs').WriteStream, timeoutSeconds?: number }} [options]
 * @returns {Promise<{ code: number, excerpt: string }>} `excerpt`: first and last lines, to be shown when it failed
 */
export function runLong(report, step, command, args, { cwd, env, log, timeoutSeconds = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      ...(cwd ? { cwd } : {}),
      ...(env ? { env } : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutSeconds * 1000,
    })
    running.add(child)
    /** @type {string[]} */
    const head = []
    /** @type {string[]} */
    const tail = []
    let newest = ''
    /** @param {string} line */
    const onLine = (line) => {
      log?.write(`${line}\n`)
      if (line.trim() === '') return
      newest = line
      if (head.length < HEAD_LINES) head.push(line)
      else tail.push(line)
      if (tail.length > TAIL_LINES) tail.shift()
    }
    createInterface(child.stdout).on('line', onLine)
    createInterface(child.stderr).on('line', onLine)
    const timer = setInterval(() => {
      if (newest) report.doing(step, `  ${condense(newest)}`)
      newest = ''
    }, PROGRESS_EVERY_SECONDS * 1000)
    /** @param {number} code */
    const end = (code) => {
      clearInterval(timer)
      running.delete(child)
      resolve({ code, excerpt: [...head, ...tail].join('\n') })
    }
    child.on('error', (error) => {
      tail.push(error.message)
      end(127)
    })
    child.on('close', (code) => end(code ?? 128))
  })
}
