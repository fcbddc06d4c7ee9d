import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError, messageOf } from '../errors.ts'

/** Holds a state directory for one gateway. */
export type StateLock = { release(): void }

/**
 * Takes the state directory for this gateway: two in one would overwrite each other's changes. The lock is the
 * kernel's, on a file that SQLite locks as a whole, so it ends with the process, however that ends.
 * @throws GatewayError STATE_FAILED when another gateway has it, or the directory can't be written.
 */
export function lockState(directory: string): StateLock {
  const pidPath = join(directory, 'gateway.pid')
  let lock: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(join(directory, 'gateway.lock'), { timeout: 0 })
    lock.exec('pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive')
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 })
  } catch (cause) {
    lock?.close()
    const why = /locked/.test(messageOf(cause))
      ? `Another gateway${pidIn(pidPath)} uses the state directory ${directory}. Set SLUICE_STATE_DIR to one of its own for each.`
      : `The state directory ${directory} can not be used: ${messageOf(cause)}`
    throw new GatewayError('STATE_FAILED', why, { cause })
  }
  const held = lock
  return {
    release() {
      if (held.isOpen) held.close()
    },
  }
}

/** For the message only: the file may be of an earlier gateway. */
function pidIn(path: string): string {
  try {
    return ` (pid ${Number.parseInt(readFileSync(path, 'utf8'), 10)})`
  } catch {
    // It was not written yet.
    return ''
  }
}
