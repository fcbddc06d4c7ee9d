import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Access } from '../../src/auth/access.ts'
import { accessMode } from '../../src/auth/access-mode.ts'
import type { Cleanup } from '../../src/cleanup.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { HlsOutput } from '../../src/hls/hls-output.ts'
import { registerRoutes } from '../../src/http/routes.ts'
import { createServer } from '../../src/http/server.ts'
import { createLog, type Log } from '../../src/log.ts'
import { MediaBudget } from '../../src/media-budget.ts'
import { Invites } from '../../src/stage/invites.ts'
import { Stages } from '../../src/stage/stages.ts'
import { Registry } from '../../src/streams/registry.ts'
import { TargetStore } from '../../src/targets/target-store.ts'
import { Targets } from '../../src/targets/targets.ts'
import { targetsOutput } from '../../src/targets/targets-output.ts'
import { TranscodeSlots } from '../../src/transcode-slots.ts'
import { Webhooks } from '../../src/webhooks/webhooks.ts'
import type { AskedServer } from './access-setup.ts'
import { openAccess } from './open-access.ts'

/** The server with all its routes and real access, without mediasoup and ffmpeg: nothing can be published. @param pages directory of built ones. */
export async function startRoutes(
  cleanup: Cleanup,
  settings: Record<string, string> = {},
  log: Log = createLog({ level: 'silent', pretty: false }),
  pages?: string,
): Promise<AskedServer & { app: { access: Access }; hls: HlsOutput }> {
  const config = loadConfig(settings, null)
  const access = await openAccess(cleanup, {
    ...{ mode: accessMode({ ...config.access, ...config.http }), settings: config.access, log },
  })
  const budget = new MediaBudget(config.limits.maxMediaBytes)
  const transcodes = new TranscodeSlots(config.limits.maxTranscodes)
  const targets = await Targets.load({
    ...{
      fixed: {},
      store: new TargetStore(access.database),
      ffmpegBinary: '/nowhere/ffmpeg',
      log,
      transcodes,
    },
    dial: () => Promise.reject(new Error('no target is dialled')),
    checkHost: async () => undefined,
    encoding: { ...config.hls, ...config.encode },
  })
  const hls = new HlsOutput(config.hls, budget)
  const outputs = { hls, targets: targetsOutput(targets) }
  const registry = new Registry({
    maxStreams: config.limits.maxStreams,
    budget,
    stream: {
      ...{ settings: config.streams, outputs, log, feedBytes: () => budget.feedBytes },
      openPublication: () => Promise.reject(new Error('nothing is published')),
      startPackager: () => {
        throw new Error('nothing is published')
      },
    },
  })
  const invites = new Invites()
  const stages = new Stages(
    {
      createRouter: () => Promise.reject(new Error('there is no worker')),
      createPeer: () => Promise.reject(new Error('there is no worker')),
      startProgramme: () => Promise.reject(new Error('nothing is mixed')),
      ...{ maxBitrateBps: config.limits.maxPublishBitrateBps, admits: () => null, invites, log },
    },
    config.stage.maxStages,
  )
  const webhooks = await Webhooks.load({
    ...{ database: access.database, log },
    send: async () => ({ status: 204, retryAfterMs: null }),
    checkHost: async () => undefined,
  })
  cleanup.defer(() => webhooks.close())
  const server = await createServer({ ...config.http, ...config.limits }, log)
  cleanup.defer(() => server.close())
  await registerRoutes(server, {
    ...{ config, access, registry, outputs, targets, stages, invites, webhooks, log },
    readiness: () => ({ workers: { up: 1, wanted: 1 }, draining: false }),
    resources: () => ({ processes: [], media: budget, transcodes }),
    pages: pages ?? (await emptyPages(cleanup)),
  })
  await server.ready()
  return { app: { server, access }, hls }
}

async function emptyPages(cleanup: Cleanup): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-pages-'))
  cleanup.defer(() => rm(directory, { recursive: true }))
  await mkdir(join(directory, 'assets'))
  for (const page of ['index', 'publish', 'watch', 'login', 'join', 'studio', 'admin'])
    await writeFile(join(directory, `${page}.html`), page)
  return directory
}
