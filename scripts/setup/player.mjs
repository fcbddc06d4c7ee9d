import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './context.mjs'
import { runLong } from './exec.mjs'
import { withNodeOnPath } from './node.mjs'
import { packageBin } from './package-bin.mjs'
import { hashOf, isStamped, removeStamp, writeStamp } from './stamp.mjs'

export const PLAYER_CONFIG = 'player/vite.config.ts'

/**
 * Builds the pages when what they are made of has changed since the last build.
 * @param {import('./context.mjs').SetupContext} context
 * @param {import('./node.mjs').NodeTools} node
 * @throws {SetupError}
 */
export async function ensurePlayer({ root, report }, node) {
  if (!existsSync(join(root, PLAYER_CONFIG))) {
    throw new SetupError(
      `${PLAYER_CONFIG} is missing, so the pages cannot be built; check out the whole repository.`,
    )
  }
  const dist = join(root, 'player', 'dist')
  const stampFile = playerStampFile(root)
  const inputs = ['player', 'src/ingest/protocol.ts', 'package-lock.json'].map((path) => join(root, path))
  const hash = hashOf(root, inputs.filter(existsSync), (path) => path === dist)
  if (isStamped(stampFile, hash) && hasFiles(dist)) return
  report.doing('player', 'building the pages (about 5 s)')
  // Vite empties the folder first; from here on the old build is gone.
  removeStamp(stampFile)
  const args = [packageBin(root, 'vite'), 'build', '--config', PLAYER_CONFIG]
  const { code, excerpt } = await runLong(report, 'player', node.bin, args, {
    cwd: root,
    env: withNodeOnPath(node, process.env),
  })
  if (code !== 0) throw new SetupError(`The pages could not be built; correct what vite says.\n${excerpt}`)
  writeStamp(stampFile, hash)
}

/**
 * Not in the output folder, whose files are served.
 * @param {string} root
 */
export function playerStampFile(root) {
  return join(root, 'node_modules', '.sluice', 'player')
}

/** @param {string} folder */
function hasFiles(folder) {
  return existsSync(folder) && readdirSync(folder).length > 0
}
