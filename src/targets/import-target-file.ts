import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { parseStoredTargets, type StoredTargets } from './stored-targets.ts'
import type { TargetStore } from './target-store.ts'

/**
 * Takes over what earlier versions kept in `targets.json`, and keeps the file under another name. When there is such a
 * file, it is newer than the database: it was renamed only after the database had all of it.
 * @throws GatewayError STATE_FAILED when it can't be read: it is left as it is.
 */
export async function importTargetFile(directory: string, store: TargetStore, log: Log): Promise<void> {
  const path = join(directory, 'targets.json')
  const stored = await read(path)
  if (!stored) return
  await store.save(stored)
  // The time keeps backups of several upgrades apart.
  const backup = `${path}.imported-${new Date().toISOString().replaceAll(':', '-')}`
  try {
    await rename(path, backup)
  } catch (cause) {
    throw failed(path, `can not be renamed: ${messageOf(cause)}`, cause)
  }
  log.info({ streams: stored.targets.size, backup }, 'targets of an earlier version are in the database now')
}

async function read(path: string): Promise<StoredTargets | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return undefined
    throw failed(path, `can not be read: ${messageOf(error)}`, error)
  }
  try {
    return parseStoredTargets(text)
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined
    // The path says where; the values, which may be keys, stay out.
    const where = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
    throw failed(path, `is damaged${where}. Mend it, or move it away to start without saved targets.`, error)
  }
}

function failed(path: string, what: string, cause: unknown): GatewayError {
  return new GatewayError('STATE_FAILED', `The file of saved targets, ${path}, ${what}`, { cause })
}
