import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 500
/** A lock folder without an owner file: its owner is about to write it, or was killed just before. */
const OWNERLESS_SECONDS = 5
/** A lock of another host (a shared cache folder), whose processes cannot be seen from here. */
const FOREIGN_SECONDS = 1800

/**
 * May the lock be broken?
 * @param {{ owner: string | undefined, ageSeconds: number, host: string, isAlive: (pid: number) => boolean }} facts
 *   `owner`: the owner file's `pid host`
 */
export function isStale({ owner, ageSeconds, host, isAlive }) {
  const [pid, ownerHost] = owner?.split(' ') ?? []
  if (!pid || !ownerHost) return ageSeconds > OWNERLESS_SECONDS
  if (ownerHost !== host) return ageSeconds > FOREIGN_SECONDS
  return !isAlive(Number(pid))
}

/**
 * Runs `work` while holding a lock that other set-ups respect. Waits for the lock as long as its owner lives.
 * @template T
 * @param {string} folder made while the lock is held
 * @param {import('./report.mjs').Report} report
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, report, work) {
  mkdirSync(dirname(folder), { recursive: true })
  const ownerFile = join(folder, 'owner')
  let told = false
  while (!tryMkdir(folder)) {
    const owner = readOr(ownerFile)
    if (isStale({ owner, ageSeconds: ageSeconds(folder), host: hostname(), isAlive })) {
      rmSync(folder, { recursive: true, force: true })
      continue
    }
    if (!told)
      report.doing('lock', `waiting for another set-up (process ${owner?.split(' ')[0] ?? 'unknown'})`)
    told = true
    // Polled: a folder can go away without any event that would reach every file system.
    await delay(POLL_MS)
  }
  const release = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', release)
  try {
    writeFileSync(ownerFile, `${process.pid} ${hostname()}`)
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

/** @param {string} folder */
function tryMkdir(folder) {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} file */
function readOr(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // not written yet, or just released
  }
}

/** @param {string} folder */
function ageSeconds(folder) {
  try {
    return (Date.now() - statSync(folder).mtimeMs) / 1000
  } catch {
    return 0 // just released
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
