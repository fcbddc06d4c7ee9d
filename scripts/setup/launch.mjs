import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
/** A Ctrl-C under npm arrives twice within milliseconds: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 300
/** Part of Debian's base; without it children would outlive a launcher that is killed by SIGKILL. */
const SETPRIV = '/usr/bin/setpriv'

/**
 * Says of each signal whether it is a new one or the echo of the one before.
 * @param {number} [windowMs]
 * @returns {(signal: string, nowMs: number) => boolean}
 */
export function createEchoFilter(windowMs = SAME_SIGNAL_MS) {
  /** @type {Map<string, number>} */
  const lastMs = new Map()
  return (signal, nowMs) => {
    const before = lastMs.get(signal)
    lastMs.set(signal, nowMs)
    return before === undefined || nowMs - before >= windowMs
  }
}

/**
 * Runs commands side by side until all have ended; when one ends, the others are told to. Each signal that
 * arrives here is passed on exactly once: the commands are in sessions of their own, so that a Ctrl-C does
 * not reach them a second time from the terminal.
 * @param {readonly (readonly [string, ...string[]])[]} commands
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} the first command's exit code to be known; 128 + n for signal n
 */
export function launch(commands, { cwd, env }) {
  return new Promise((resolve, reject) => {
    /** @type {Set<import('node:child_process').ChildProcess>} */
    const running = new Set()
    const isNew = createEchoFilter()
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      if (isNew(signal, Date.now())) for (const child of running) child.kill(signal)
    }
    for (const signal of FORWARDED) process.on(signal, pass)
    /** @type {number | undefined} */
    let exitCode
    for (const command of commands) {
      const [program, ...args] = existsSync(SETPRIV)
        ? [SETPRIV, '--pdeathsig', 'TERM', '--', ...command]
        : command
      const child = spawn(program, args, { cwd, env, stdio: 'inherit', detached: true })
      running.add(child)
      child.on('error', reject)
      child.on('close', (code, signal) => {
        running.delete(child)
        exitCode ??= code ?? 128 + (signal ? constants.signals[signal] : 0)
        for (const other of running) other.kill('SIGTERM')
        if (running.size > 0) return
        for (const forwarded of FORWARDED) process.off(forwarded, pass)
        resolve(exitCode)
      })
    }
  })
}
