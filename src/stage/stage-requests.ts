import { GatewayError } from '../errors.ts'
import { type IceServerSettings, iceServers } from '../ingest/ice-servers.ts'
import type { Stage } from './stage.ts'
import {
  hostRequests,
  type StageReplyData,
  type StageRequest,
  type StageRequestType,
} from './stage-protocol.ts'

/** A request of a person who is in the room. */
type InsideType = Exclude<StageRequestType, 'join' | 'leave'>
export type InsideRequest = Extract<StageRequest, { type: InsideType }>

type Handlers = {
  [T in InsideType]: (
    request: Extract<StageRequest, { type: T }>,
  ) => Promise<StageReplyData[T]> | StageReplyData[T]
}

/**
 * Does what a person of the room asks for, if they may.
 * @throws GatewayError NOT_A_HOST, and what the stage throws.
 */
export async function answerInside(
  request: InsideRequest,
  stage: Stage,
  personId: string,
  ice: IceServerSettings,
): Promise<StageReplyData[InsideType]> {
  const { role } = stage.roster.person(personId)
  if (hostRequests.has(request.type) && role === 'guest') {
    throw new GatewayError('NOT_A_HOST', 'Only a host can do that.')
  }
  // The handler of a type takes requests of that type; the compiler can't see the pairing.
  const handler = handlersOf(stage, personId, ice)[request.type] as (
    request: InsideRequest,
  ) => Promise<StageReplyData[InsideType]>
  return await handler(request)
}

function handlersOf(stage: Stage, id: string, ice: IceServerSettings): Handlers {
  const { media, roster, show } = stage
  return {
    snapshot: () => stage.view(id),
    openMedia: async () => {
      const peer = await media.open(id)
      return { ...peer.offer(), iceServers: iceServers(ice, Date.now()) }
    },
    capabilities: ({ rtpCapabilities }) => nothing(media.peer(id).setCapabilities(rtpCapabilities)),
    connect: async ({ direction, dtlsParameters }) =>
      nothing(await media.peer(id).connect(direction, dtlsParameters)),
    restartIce: async ({ direction }) => ({ iceParameters: await media.peer(id).restartIce(direction) }),
    produce: async ({ source, rtpParameters }) => ({
      producerId: await media.produce(id, source, rtpParameters),
    }),
    unproduce: ({ source }) => nothing(media.peer(id).unproduce(source)),
    pause: async ({ source, paused }) => nothing(await media.pause(id, source, paused)),
    consume: ({ personId, source }) => media.consume(id, personId, source),
    prefer: async ({ consumerId, height }) => nothing(await media.peer(id).prefer(consumerId, height)),
    hand: ({ raised }) => nothing(roster.raiseHand(id, raised ? new Date().toISOString() : null)),
    chat: ({ text }) => nothing(stage.say(id, text)),
    place: ({ personId, place }) => nothing(roster.place(personId, place)),
    mute: async ({ personId }) => nothing(await stage.mute(personId)),
    askUnmute: ({ personId }) => nothing(stage.askUnmute(personId)),
    stopScreen: ({ personId }) => nothing(media.stopScreen(personId)),
    remove: ({ personId }) => {
      if (roster.person(personId).role === 'host') {
        throw new GatewayError('NOT_A_HOST', 'A host can not be removed.')
      }
      return nothing(stage.remove(personId))
    },
    setRole: ({ personId, role }) => {
      if (roster.person(id).role !== 'host' || roster.person(personId).role === 'host') {
        throw new GatewayError('NOT_A_HOST', 'Only a host can do that, and not to a host.')
      }
      return nothing(roster.setRole(personId, role))
    },
    layout: ({ layout }) => nothing(roster.setLayout(layout)),
    banner: ({ text }) => nothing(roster.setBanner(text)),
    lock: ({ locked }) => nothing(roster.setLocked(locked)),
    goLive: async () => nothing(await show.goLive()),
    endShow: async () => nothing(await show.end()),
  }
}

/** Most replies say only that it was done. */
function nothing(_done: unknown): Record<string, never> {
  return {}
}
