import type { FastifyInstance } from 'fastify'
import type { Access } from '../auth/access.ts'
import type { Config } from '../config/config.ts'
import type { HlsOutput } from '../hls/hls-output.ts'
import { PublicationLimit } from '../ingest/publication-limit.ts'
import type { Log } from '../log.ts'
import { allowsPublish } from '../push/connection/rtmp-publish-check.ts'
import type { Invites } from '../stage/invites.ts'
import { stageDoor } from '../stage/stage-door.ts'
import type { Stages } from '../stage/stages.ts'
import type { OutputKinds } from '../streams/output.ts'
import type { Registry } from '../streams/registry.ts'
import type { Targets } from '../targets/targets.ts'
import { PublisherRefusals } from '../webhooks/publisher-refusals.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { registerAccessApi } from './access/access-api.ts'
import { registerDoor } from './access/door.ts'
import { stageRole } from './access/grant.ts'
import { registerApiDocuments } from './api/api-documents.ts'
import { registerStreamsApi } from './api/streams-api.ts'
import { registerTargetsApi } from './api/targets-api.ts'
import { registerWebhooksApi } from './api/webhooks-api.ts'
import { type Readiness, registerHealth } from './health.ts'
import { registerHls } from './hls/hls.ts'
import { hlsGate } from './hls/hls-gate.ts'
import { registerMetrics } from './metrics.ts'
import { registerPages } from './pages.ts'
import type { Resources } from './process-metrics.ts'
import { noteWhipRefusals } from './publisher-refusals.ts'
import { registerWhep } from './rtc/whep.ts'
import { registerWhip } from './rtc/whip.ts'
import { registerRtmpCallback } from './rtmp-callback.ts'
import { registerSignaling } from './signaling.ts'
import { registerInvitesApi } from './stage/invites-api.ts'
import { registerStageApi } from './stage/stage-api.ts'
import { registerStageSocket } from './stage/stage-socket.ts'

/** What the routes lead to. */
export type RouteParts = {
  config: Config
  access: Access
  registry: Registry
  outputs: OutputKinds & { hls: HlsOutput }
  targets: Targets
  stages: Stages
  /** Those that the stages let people in by. */
  invites: Invites
  webhooks: Webhooks
  readiness: () => Readiness
  resources: () => Resources
  log: Log
  /** Directory of the built pages; another one for tests. */
  pages?: string
}

/** All routes of the gateway, behind the one door. */
export async function registerRoutes(server: FastifyInstance, parts: RouteParts): Promise<void> {
  const { config, access, registry, outputs, targets, stages, invites, webhooks, log } = parts
  // Open only because others should not reach it: then what a proxy passes on is not let in.
  const onlyThisMachine = access.mode === 'open' && config.access.access === 'auto'
  await registerDoor(server, { access, onlyThisMachine })
  await registerApiDocuments(server)
  registerHealth(server, parts.readiness)
  registerMetrics(server, () => registry.snapshot(), parts.resources)
  registerStreamsApi(server, registry, outputs, access)
  registerTargetsApi(server, targets)
  registerWebhooksApi(server, webhooks)
  registerAccessApi(server, access)
  registerRtmpCallback(server, (question) => allowsPublish(question, targets.connecting()))
  registerHls(server, {
    storeOf: (stream) => outputs.hls.storeOf(stream),
    ...config.limits,
    gate: hlsGate(access),
  })
  const publications = new PublicationLimit(config.limits)
  const edge = { ...config.rtc, ...config.limits }
  const refusals = new PublisherRefusals((event) => void webhooks.emit(event))
  noteWhipRefusals(server, refusals)
  registerSignaling(server, registry, publications, access, edge, refusals, log)
  registerWhip(server, registry, publications, access, log, edge)
  registerStageApi(server, stages)
  registerInvitesApi(server, invites)
  registerStageSocket(server, {
    stages,
    doorFor: (request) => {
      const { stream } = request.params
      const password = (): string | null => stages.get(stream)?.roster.password ?? null
      return stageDoor({ stream, invites, password, role: stageRole(access, request, stream) })
    },
    config: edge,
    log,
  })
  registerWhep(server, registry, access, edge)
  await registerPages(server, parts.pages)
}
