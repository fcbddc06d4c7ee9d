import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Access } from './auth/access.ts'
import { accessMode } from './auth/access-mode.ts'
import { Cleanup } from './cleanup.ts'
import { announcedAddress } from './config/announced-address.ts'
import type { Config } from './config/config.ts'
import { type Database, openDatabase } from './database/database.ts'
import { sqliteDialect } from './database/sqlite.ts'
import { lockState } from './database/state-lock.ts'
import { locateFfmpeg } from './ffmpeg/locate.ts'
import { ffmpegPids } from './ffmpeg/process.ts'
import { readRmemMax, receiveBufferWarning } from './ffmpeg/receive-buffer.ts'
import { HlsOutput } from './hls/hls-output.ts'
import { processMemory } from './http/process-metrics.ts'
import { registerRoutes } from './http/routes.ts'
import { createServer } from './http/server.ts'
import { demoSource } from './ingest/demo-source.ts'
import { startRtpPublisher } from './ingest/rtp-publisher.ts'
import type { Log } from './log.ts'
import { MediaBudget } from './media-budget.ts'
import { Packager } from './packager/packager.ts'
import { createOutbound, type Outbound } from './push/connection/outbound.ts'
import { openPublication } from './sfu/open-publication.ts'
import { StagePeer } from './sfu/stage-peer.ts'
import { TapPorts } from './sfu/tap-ports.ts'
import { WorkerPool } from './sfu/worker-pool.ts'
import { Invites } from './stage/invites.ts'
import { Programme } from './stage/programme.ts'
import { programmeSettings } from './stage/programme-settings.ts'
import { Stages } from './stage/stages.ts'
import { Registry } from './streams/registry.ts'
import { importTargetFile } from './targets/import-target-file.ts'
import { TargetStore } from './targets/target-store.ts'
import { Targets } from './targets/targets.ts'
import { targetsOutput } from './targets/targets-output.ts'
import { TranscodeSlots } from './transcode-slots.ts'
import { createSendWebhook } from './webhooks/send-webhook.ts'
import { streamEvent, targetEvent } from './webhooks/stream-events.ts'
import { Webhooks } from './webhooks/webhooks.ts'

/** Supervisors wait about 10 s for the process to stop, and closing comes after the drain. */
const longestDrainMs = 4_000

/** A gateway that is built but does not listen yet. `registry`, `pool` and `ports` are for tests and measurements. */
export type App = {
  server: FastifyInstance
  registry: Registry
  pool: WorkerPool
  ports: TapPorts
  ffmpegBinary: string
  access: Access
  /** Publishes the demo picture on the stream `demo`. */
  startDemo(): Promise<void>
  /**
   * Ends all streams, but stays up for as long as viewers need to see that: players ask for a live playlist once per
   * target duration. Resolves soon when there is nothing to see. `close()` comes next.
   */
  drain(): Promise<void>
  /** Ends everything: playlists are ended, pushes closed, processes gone. May be called twice. */
  close(): Promise<void>
}

/**
 * Builds every object by hand, in order.
 * @throws GatewayError with a sentence for the operator when something that it needs is missing.
 */
export async function createApp(config: Config, log: Log): Promise<App> {
  const cleanup = new Cleanup()
  try {
    return await build(config, log, cleanup)
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

async function build(config: Config, log: Log, cleanup: Cleanup): Promise<App> {
  let draining = false
  const ffmpeg = await locateFfmpeg(config.programs.ffmpegPath)
  log.info({ binary: ffmpeg.binary, version: ffmpeg.version }, 'ffmpeg found')
  const bufferWarning = receiveBufferWarning(readRmemMax())
  if (bufferWarning) log.warn(bufferWarning)

  const stateLock = lockState(config.state.stateDir)
  cleanup.defer(() => stateLock.release())
  const database = await openDatabase(sqliteDialect(config.state.stateDir))
  cleanup.defer(() => database.destroy())

  const pool = await WorkerPool.start({
    count: config.rtc.workers,
    host: config.rtc.rtcHost,
    firstPort: config.rtc.rtcPort,
    announcedAddress: announcedAddress(config.rtc),
    workerBin: config.programs.workerBin,
    log,
  })
  cleanup.defer(() => pool.close())

  const ports = new TapPorts(config.rtc.tapPortMin, config.rtc.tapPortMax)
  const budget = new MediaBudget(config.limits.maxMediaBytes)
  const transcodes = new TranscodeSlots(config.limits.maxTranscodes)
  const outbound = await createOutbound(config)
  const webhooks = await Webhooks.load({
    ...{ database, log, send: createSendWebhook(outbound.dial), checkHost: outbound.checkHost },
  })
  // After the streams, whose ends it has to write.
  cleanup.defer(() => webhooks.close())
  const targets = await loadTargets(config, { database, outbound, transcodes, webhooks }, ffmpeg.binary, log)
  const hls = new HlsOutput(config.hls, budget)
  const outputs = { hls, targets: targetsOutput(targets) }
  const settings = { ...config.hls, ...config.encode }
  const registry = new Registry({
    maxStreams: config.limits.maxStreams,
    budget,
    stream: {
      settings: config.streams,
      openPublication: (options) => openPublication({ pool, ports, transcodes }, options),
      startPackager: (options) => new Packager({ ...options, ffmpegBinary: ffmpeg.binary, settings }),
      feedBytes: () => budget.feedBytes,
      outputs,
      onChange: (change) => webhooks.happened(streamEvent(change)),
      log,
    },
  })

  const server = await createServer({ ...config.http, ...config.limits }, log)
  // Streams end first, so that viewers can still fetch what ends their playlists.
  cleanup.defer(() => server.close())
  cleanup.defer(() => registry.close())
  cleanup.defer(() => {
    draining = true
  })
  const invites = new Invites()
  const mixing = {
    ...{ registry, ports, ffmpegBinary: ffmpeg.binary },
    settings: programmeSettings(config.stage, config.encode),
  }
  const stages = new Stages(
    {
      createRouter: (onDied) => pool.createMediaRouter(onDied),
      createPeer: (options) => StagePeer.create(options),
      startProgramme: (options) => Programme.start({ ...mixing, ...options }),
      invites,
      maxBitrateBps: config.limits.maxPublishBitrateBps,
      admits: () => null,
      log,
    },
    config.stage.maxStages,
  )
  // Before the streams: the end of a show is an end of its stream.
  cleanup.defer(() => stages.close())
  const mode = accessMode({ ...config.access, ...config.http })
  const access = await Access.load({ mode, config: config.access, database, log })
  cleanup.defer(() => access.close())
  if (config.access.access === 'open')
    log.warn('access is open: all who reach the gateway may publish, watch and operate (SLUICE_ACCESS)')
  await registerRoutes(server, {
    ...{ config, access, registry, outputs, targets, stages, invites, webhooks, log },
    readiness: () => ({ workers: pool.health, draining }),
    resources: () => ({
      processes: [
        processMemory('gateway', [process.pid]),
        processMemory('worker', pool.pids),
        processMemory('ffmpeg', ffmpegPids()),
      ],
      media: budget,
      transcodes,
    }),
  })

  return {
    server,
    registry,
    pool,
    ports,
    ffmpegBinary: ffmpeg.binary,
    access,
    async startDemo() {
      const demo = await startRtpPublisher({
        registry,
        streamName: 'demo',
        source: demoSource,
        ffmpegBinary: ffmpeg.binary,
        log,
      })
      cleanup.defer(() => demo.close())
    },
    async drain() {
      draining = true
      const watchable = registry.snapshot().some(({ hls }) => hls?.playable)
      const seenMs = watchable ? Math.min(config.hls.segmentSeconds * 1_000 + 500, longestDrainMs) : 0
      await Promise.all([registry.close(), delay(seenMs)])
    },
    close: () => cleanup.run(),
  }
}

/** @throws GatewayError when what was saved can't be read. */
async function loadTargets(
  config: Config,
  parts: { database: Database; outbound: Outbound; transcodes: TranscodeSlots; webhooks: Webhooks },
  ffmpegBinary: string,
  log: Log,
): Promise<Targets> {
  const store = new TargetStore(parts.database)
  await importTargetFile(config.state.stateDir, store, log)
  return await Targets.load({
    ...{ fixed: config.restream.targets, store, ffmpegBinary, log },
    ...parts.outbound,
    transcodes: parts.transcodes,
    encoding: { ...config.hls, ...config.encode },
    onChange: (changed) => parts.webhooks.happened(targetEvent(changed)),
  })
}
