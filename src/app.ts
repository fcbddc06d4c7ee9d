import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Cleanup } from './cleanup.ts'
import { announcedAddress } from './config/announced-address.ts'
import type { Config } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { type Database, openDatabase } from './database/database.ts'
import { sqliteDialect } from './database/sqlite.ts'
import { messageOf } from './errors.ts'
import { locateFfmpeg } from './ffmpeg/locate.ts'
import { ffmpegPids } from './ffmpeg/process.ts'
import { HlsOutput } from './hls/hls-output.ts'
import { registerApiDocuments } from './http/api/api-documents.ts'
import { registerStreamsApi } from './http/api/streams-api.ts'
import { registerTargetsApi } from './http/api/targets-api.ts'
import { registerHealth } from './http/health.ts'
import { registerHls } from './http/hls/hls.ts'
import { registerMetrics } from './http/metrics.ts'
import { registerPages } from './http/pages.ts'
import { processMemory } from './http/process-metrics.ts'
import { registerWhep } from './http/rtc/whep.ts'
import { registerWhip } from './http/rtc/whip.ts'
import { registerRtmpCallback } from './http/rtmp-callback.ts'
import { createServer } from './http/server.ts'
import { registerSignaling } from './http/signaling.ts'
import { demoSource } from './ingest/demo-source.ts'
import { PublicationLimit } from './ingest/publication-limit.ts'
import { startRtpPublisher } from './ingest/rtp-publisher.ts'
import type { Log } from './log.ts'
import { Packager } from './packager/packager.ts'
import { checkedAddresses, createDial } from './push/connection/dial.ts'
import { ownAddresses } from './push/connection/own-addresses.ts'
import { allowsPublish } from './push/connection/rtmp-publish-check.ts'
import { openPublication } from './sfu/open-publication.ts'
import { TapPorts } from './sfu/tap-ports.ts'
import { WorkerPool } from './sfu/worker-pool.ts'
import { Registry } from './streams/registry.ts'
import { importTargetFile } from './targets/import-target-file.ts'
import { TargetStore } from './targets/target-store.ts'
import { Targets } from './targets/targets.ts'
import { targetsOutput } from './targets/targets-output.ts'

/** Longest wait for the name server when a target is added; an address that is not known then is checked later. */
const checkHostMs = 3_000

/** Whoever stops the process waits about 10 s, and closing comes after it. */
const longestDrainMs = 4_000

/** A gateway that is built but does not listen yet. `registry`, `pool` and `ports` are for tests and measurements. */
export type App = {
  server: FastifyInstance
  registry: Registry
  pool: WorkerPool
  ports: TapPorts
  ffmpegBinary: string
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
  const targets = await loadTargets(config, database, ffmpeg.binary, log)
  const hls = new HlsOutput(config.hls)
  const outputs = { hls, targets: targetsOutput(targets) }
  const settings = { ...config.hls, ...config.encode }
  const registry = new Registry({
    maxStreams: config.limits.maxStreams,
    stream: {
      settings: config.streams,
      openPublication: (options) => openPublication({ pool, ports }, options),
      startPackager: (options) => new Packager({ ...options, ffmpegBinary: ffmpeg.binary, settings }),
      outputs,
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
  const publications = new PublicationLimit(config.limits)
  const edge = { ...config.rtc, ...config.limits }
  await registerApiDocuments(server)
  registerHealth(server, () => ({ workers: pool.health, draining }))
  registerMetrics(
    server,
    () => registry.snapshot(),
    () => [
      processMemory('gateway', [process.pid]),
      processMemory('worker', pool.pids),
      processMemory('ffmpeg', ffmpegPids()),
    ],
  )
  registerStreamsApi(server, registry, outputs)
  registerTargetsApi(server, targets)
  registerRtmpCallback(server, (question) => allowsPublish(question, targets.connecting()))
  registerHls(server, {
    storeOf: (stream) => hls.storeOf(stream),
    ...config.limits,
  })
  registerSignaling(server, registry, publications, edge, log)
  registerWhip(server, registry, publications, log, edge)
  registerWhep(server, registry, edge)
  await registerPages(server)

  return {
    server,
    registry,
    pool,
    ports,
    ffmpegBinary: ffmpeg.binary,
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

/** @throws GatewayError when what was saved can't be read, and ConfigError when a certificate file can't. */
async function loadTargets(
  config: Config,
  database: Database,
  ffmpegBinary: string,
  log: Log,
): Promise<Targets> {
  const { restream } = config
  const store = new TargetStore(database)
  await importTargetFile(config.state.stateDir, store, log)
  const rules = {
    allowPrivate: restream.restreamAllowPrivate,
    allow: restream.restreamAllow,
    deny: restream.restreamDeny,
    // Behind NAT, the announced address leads back here as well.
    own: () => [...ownAddresses(), announcedAddress(config.rtc) ?? []].flat(),
  }
  const extraCa = restream.restreamCaFile === null ? null : await readCaFile(restream.restreamCaFile)
  return await Targets.load({
    fixed: restream.targets,
    store,
    dial: createDial({ rules, verifyTls: restream.restreamVerifyTls, extraCa }),
    async checkHost(host) {
      await checkedAddresses(rules, host, false, AbortSignal.timeout(checkHostMs))
    },
    ffmpegBinary,
    encoding: { ...config.hls, ...config.encode },
    log,
  })
}

async function readCaFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = `SLUICE_RESTREAM_CA_FILE (restreamCaFile) can't be read: ${messageOf(error)}`
    throw new ConfigError([why])
  }
}
