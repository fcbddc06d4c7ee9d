import { z } from 'zod'
import type { ErrorShape } from '../errors.ts'
import type { StreamSnapshot } from '../streams/stream-snapshot.ts'
import type { IceServer } from './ice-servers.ts'

const id = z.int().min(0)
/** mediasoup checks the inside of these; here only their rough shape and, by the frame limit, their size. */
const opaque = z.record(z.string(), z.unknown())

/**
 * The websocket protocol of browser publishing, at `/ws/publish/{stream}`, version 1. JSON text frames.
 *
 * The client sends requests `{ id, type, … }`; each gets one reply `{ id, ok: true, data }` or
 * `{ id, ok: false, error: { code, message } }`; the id is null when the frame had none. The server also sends notices `{ type, … }` without an id.
 *
 * Order: `publish` → `connect` → `produce` per track → … → `stop`. `unproduce`, `produce` and `restartIce`
 * may come at any time in between. Each step has its time (`sfu/ingest-deadlines.ts`), and a connection that publishes
 * nothing is closed after 15 s. The server pings by websocket ping frames. Version and close codes stand in
 * `protocol-constants.ts`, which the pages can import without the schemas.
 */
export const requestSchema = z.discriminatedUnion('type', [
  z.strictObject({
    id,
    type: z.literal('publish'),
    protocol: z.int(),
    /** Kinds of track that will be produced: the packager waits a little for all of them. */
    kinds: z
      .array(z.enum(['audio', 'video']))
      .min(1)
      .max(2),
    /** From an earlier `publish` of the same person: takes the stream over from a connection that is dead. */
    resumeToken: z.string().max(64).optional(),
    /** Publish key or API token, for gateways that ask for one. A session's cookie does as well. */
    key: z.string().max(4096).optional(),
  }),
  z.strictObject({ id, type: z.literal('connect'), dtlsParameters: opaque }),
  z.strictObject({ id, type: z.literal('produce'), kind: z.enum(['audio', 'video']), rtpParameters: opaque }),
  z.strictObject({ id, type: z.literal('unproduce'), producerId: z.string().max(64) }),
  z.strictObject({ id, type: z.literal('restartIce') }),
  z.strictObject({ id, type: z.literal('stop') }),
])

const withId = z.looseObject({ id })

/** The id of a frame that is no request otherwise, so that its sender learns which one was refused. */
export function idOf(frame: unknown): number | null {
  return withId.safeParse(frame).data?.id ?? null
}

export type Request = z.infer<typeof requestSchema>
export type RequestType = Request['type']

/** What each request is answered with. mediasoup's own shapes are opaque here: mediasoup-client reads them. */
export type ReplyData = {
  publish: {
    resumeToken: string
    routerRtpCapabilities: object
    transport: { id: string; iceParameters: object; iceCandidates: object[]; dtlsParameters: object }
    /** STUN and TURN servers for networks that let nothing else through; passwords expire. */
    iceServers: IceServer[]
    /** Upper limit that the server enforces on the whole connection. */
    maxBitrateBps: number
  }
  connect: Record<string, never>
  produce: { producerId: string }
  unproduce: Record<string, never>
  restartIce: { iceParameters: object }
  stop: Record<string, never>
}

export type Reply =
  | { id: number | null; ok: true; data: ReplyData[RequestType] }
  | { id: number | null; ok: false; error: ErrorShape }

/**
 * status: sent about once a second while publishing.
 * warning: something is wrong that will end the publication when it goes on, e.g. BITRATE_TOO_HIGH.
 * ended: the server closes the publication; `retry` tells whether to come back by itself.
 */
export type Notice =
  | { type: 'status'; stream: StreamSnapshot }
  | { type: 'warning'; error: ErrorShape }
  | { type: 'ended'; error: ErrorShape; retry: boolean }
