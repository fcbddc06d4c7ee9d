import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { GatewayError, messageOf } from '../errors.ts'
import {
  formatStoredTargets,
  noStoredTargets,
  parseStoredTargets,
  type StoredTargets,
} from './stored-targets.ts'

/**
 * One small file. It holds stream keys, so only its owner may read it. It is replaced as a whole, so that a crash
 * leaves the old one or the new one.
 */
export class TargetStore {
  readonly path: string

  constructor(directory: string) {
    this.path = join(directory, 'targets.json')
  }

  /**
   * @returns what was saved last; nothing when nothing ever was.
   * @throws GatewayError STATE_FAILED when there is a file that can't be read: it is left as it is.
   */
  async load(): Promise<StoredTargets> {
    let text: string
    try {
      text = await readFile(this.path, 'utf8')
    } catch (error) {
      if (isMissing(error)) return noStoredTargets
      throw this.#failed(`can not be read: ${messageOf(error)}`, error)
    }
    try {
      return parseStoredTargets(text)
    } catch (error) {
      const issue = error instanceof z.ZodError ? error.issues[0] : undefined
      // The path says where; the values, which may be keys, stay out.
      const where = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
      throw this.#failed(
        `is damaged${where}. Mend it, or move it away to start without saved targets.`,
        error,
      )
    }
  }

  /** @throws GatewayError STATE_FAILED, its cause for the log; then the old file still stands. */
  async save(stored: StoredTargets): Promise<void> {
    const temporary = `${this.path}.new`
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 })
      // Left from a crash, it may have other rights.
      await rm(temporary, { force: true })
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(formatStoredTargets(stored))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.path)
      await syncDirectory(dirname(this.path))
    } catch (error) {
      // API users need not know the gateway's paths; the log tells the cause.
      throw new GatewayError('STATE_FAILED', 'The change could not be saved, so nothing was changed.', {
        cause: error,
      })
    }
  }

  #failed(what: string, cause: unknown): GatewayError {
    return new GatewayError('STATE_FAILED', `The file of saved targets, ${this.path}, ${what}`, { cause })
  }
}

/** The new name is on the disk only when the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
}
