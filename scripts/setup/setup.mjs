import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages } from './apt.mjs'
import { SetupError } from './context.mjs'
import { findFfmpeg } from './ffmpeg.mjs'
import { withLock } from './lock.mjs'
import { ensureNode, withNodeOnPath } from './node.mjs'
import { ensurePackages } from './packages.mjs'
import { ensurePlayer } from './player.mjs'
import { testTools } from './test-tools.mjs'
import { findWorker, makeWorker } from './worker.mjs'
import { WORKER_PACKAGES } from './worker-build.mjs'

/**
 * How much a task needs: `code` for checking the source, `gateway` for running it, `tests` for both and what
 * the gateway is tested with.
 * @typedef {'code' | 'gateway' | 'tests'} Extent
 */

/**
 * Makes everything there that a task of this extent needs, and nothing that is there already.
 * @param {import('./context.mjs').SetupContext} context
 * @param {Extent} extent
 * @returns {Promise<{ node: import('./node.mjs').NodeTools, env: NodeJS.ProcessEnv }>} what to run the task with
 * @throws {SetupError}
 */
export function setUp(context, extent) {
  const { root, cacheDir, report } = context
  // Two locks: checkouts share a cache, and one checkout may be set up with different caches.
  const checkoutLock = `sluice-${userInfo().uid}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}.lock`
  return withLock(join(tmpdir(), checkoutLock), report, () =>
    withLock(join(cacheDir, 'setup.lock'), report, () => setUpAlone(context, extent)),
  )
}

/**
 * @param {import('./context.mjs').SetupContext} context
 * @param {Extent} extent
 */
async function setUpAlone(context, extent) {
  removeLeftovers(context.cacheDir)
  const node = await ensureNode(context)
  await ensurePackages(context, node)
  const env = withNodeOnPath(node, process.env)
  if (extent === 'code') return { node, env }

  // Everything that can be missing is found out first, so that there is one apt-get, or one sentence.
  const tools = extent === 'tests' ? testTools(env) : { debianPackages: [], env: {} }
  const foundWorker = await findWorker(context, node)
  const foundFfmpeg = await findFfmpeg(context, node)
  await ensureDebianPackages(context, [
    ...(foundWorker ? [] : WORKER_PACKAGES),
    ...(foundFfmpeg ? [] : ['ffmpeg']),
    ...tools.debianPackages,
  ])
  const worker = foundWorker ?? (await makeWorker(context, node))
  const ffmpeg = foundFfmpeg ?? (await findFfmpeg(context, node))
  if (!ffmpeg)
    throw new SetupError(
      'No ffmpeg that has what Sluice needs was found; install one of version 5 or newer or set FFMPEG_PATH to it.',
    )
  await ensurePlayer(context, node)
  return { node, env: { ...env, ...tools.env, MEDIASOUP_WORKER_BIN: worker, FFMPEG_PATH: ffmpeg } }
}

/**
 * Temporary folders of a set-up that was killed. No other set-up uses them: the lock is held.
 * @param {string} cacheDir
 */
function removeLeftovers(cacheDir) {
  for (const name of readdirSync(cacheDir)) {
    if (name.startsWith('tmp-')) rmSync(join(cacheDir, name), { recursive: true, force: true })
  }
}
