import { z } from 'zod'
import type { ErrorShape } from '../errors.ts'
import type { IceServer } from '../ingest/ice-servers.ts'
import {
  type ChatMessage,
  layoutSchema,
  type StageDelta,
  type StageSnapshot,
  type StageSource,
  sourceSchema,
} from './stage-snapshot.ts'

/** Version of the protocol; a page of another one is told to reload. */
export const stageProtocolVersion = 1

const id = z.int().min(0)
const personId = z.string().min(1).max(32)
const mediaId = z.string().min(1).max(64)
/** One line without control characters, so that it can stand on a label. */
export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line')
/** mediasoup checks the inside of these; here their rough shape and, by the frame limit, their size. */
const opaque = z.record(z.string(), z.unknown())
export const bannerSchema = z.string().trim().max(60)

/**
 * The websocket of a stage's room at `/ws/stage/{stream}`: JSON text frames. A request `{ id, type, … }` gets one
 * reply with the same id. `join` comes first; `openMedia` once a host has let the person in.
 */
export const stageRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({
    id,
    type: z.literal('join'),
    protocol: z.int(),
    name: nameSchema,
    as: z.enum(['host', 'guest']),
    invite: z.string().max(128).optional(),
    password: z.string().max(128).optional(),
    /** From an earlier `join`: the same seat. */
    seatToken: z.string().max(64).optional(),
  }),
  z.strictObject({ id, type: z.literal('snapshot') }),
  z.strictObject({ id, type: z.literal('openMedia') }),
  /** What the browser decodes: before the first `consume`. */
  z.strictObject({ id, type: z.literal('capabilities'), rtpCapabilities: opaque }),
  z.strictObject({
    id,
    type: z.literal('connect'),
    direction: z.enum(['send', 'receive']),
    dtlsParameters: opaque,
  }),
  z.strictObject({ id, type: z.literal('restartIce'), direction: z.enum(['send', 'receive']) }),
  z.strictObject({ id, type: z.literal('produce'), source: sourceSchema, rtpParameters: opaque }),
  z.strictObject({ id, type: z.literal('unproduce'), source: sourceSchema }),
  z.strictObject({ id, type: z.literal('pause'), source: sourceSchema, paused: z.boolean() }),
  z.strictObject({ id, type: z.literal('consume'), personId, source: sourceSchema }),
  /** A receiver shows a picture of this height, in pixels; 0: not at all. */
  z.strictObject({ id, type: z.literal('prefer'), consumerId: mediaId, height: z.int().min(0).max(4320) }),
  z.strictObject({ id, type: z.literal('hand'), raised: z.boolean() }),
  z.strictObject({ id, type: z.literal('chat'), text: z.string().trim().min(1).max(500) }),
  z.strictObject({ id, type: z.literal('leave') }),
  // Hosts only.
  z.strictObject({ id, type: z.literal('place'), personId, place: z.enum(['backstage', 'stage']) }),
  z.strictObject({ id, type: z.literal('mute'), personId }),
  z.strictObject({ id, type: z.literal('askUnmute'), personId }),
  z.strictObject({ id, type: z.literal('stopScreen'), personId }),
  z.strictObject({ id, type: z.literal('remove'), personId }),
  z.strictObject({ id, type: z.literal('setRole'), personId, role: z.enum(['cohost', 'guest']) }),
  z.strictObject({ id, type: z.literal('layout'), layout: layoutSchema }),
  z.strictObject({ id, type: z.literal('banner'), text: bannerSchema }),
  z.strictObject({ id, type: z.literal('lock'), locked: z.boolean() }),
  z.strictObject({ id, type: z.literal('goLive') }),
  z.strictObject({ id, type: z.literal('endShow') }),
])

export type StageRequest = z.infer<typeof stageRequestSchema>
export type StageRequestType = StageRequest['type']

/** Requests that only hosts and co-hosts may make. */
export const hostRequests: ReadonlySet<StageRequestType> = new Set([
  ...(['place', 'mute', 'askUnmute', 'stopScreen', 'remove', 'setRole', 'layout', 'banner'] as const),
  ...(['lock', 'goLive', 'endShow'] as const),
])

type Nothing = Record<string, never>
type TransportParameters = {
  id: string
  iceParameters: object
  iceCandidates: object[]
  dtlsParameters: object
}

export type StageReplyData = {
  join: { personId: string; seatToken: string; snapshot: StageSnapshot; chat: readonly ChatMessage[] }
  snapshot: { snapshot: StageSnapshot; chat: readonly ChatMessage[] }
  openMedia: {
    routerRtpCapabilities: object
    send: TransportParameters
    receive: TransportParameters
    iceServers: IceServer[]
  }
  capabilities: Nothing
  connect: Nothing
  restartIce: { iceParameters: object }
  produce: { producerId: string }
  unproduce: Nothing
  pause: Nothing
  consume: { consumerId: string; producerId: string; kind: 'audio' | 'video'; rtpParameters: object }
  prefer: Nothing
  hand: Nothing
  chat: Nothing
  leave: Nothing
  place: Nothing
  mute: Nothing
  askUnmute: Nothing
  stopScreen: Nothing
  remove: Nothing
  setRole: Nothing
  layout: Nothing
  banner: Nothing
  lock: Nothing
  goLive: Nothing
  endShow: Nothing
}

export type StageReply =
  | { id: number | null; ok: true; data: StageReplyData[StageRequestType] }
  | { id: number | null; ok: false; error: ErrorShape }

/** What the server sends without being asked. */
export type StageNotice =
  | { type: 'delta'; delta: StageDelta }
  | { type: 'chat'; message: ChatMessage }
  /** A host asks the person to unmute; until then only a host's mute holds. */
  | { type: 'askUnmute' }
  /** The server ended a source of the person: a host stopped it. */
  | { type: 'sourceEnded'; source: StageSource }
  /** A consumer of the person is gone. */
  | { type: 'consumerClosed'; consumerId: string }
  /** Loudness by person, 0 to 1. */
  | { type: 'levels'; levels: Record<string, number> }
  /** The server ends the connection. */
  | { type: 'ended'; error: ErrorShape; retry: boolean }
