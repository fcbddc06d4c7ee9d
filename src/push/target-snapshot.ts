import { z } from 'zod'
import { targetKinds } from '../config/target-kinds.ts'
import { transcodeSnapshotSchema } from '../platform-feed/transcode-snapshot.ts'

export const targetStateSchema = z
  .enum(['waiting', 'connecting', 'live', 'stalled', 'retrying', 'refused', 'stopped'])
  .describe(
    'waiting: no media yet · connecting: nothing has left so far · live: bytes arrive · stalled: they stopped to, Sluice gives the connection up soon · retrying: waits for the next attempt · refused: the same, but a person has to change something, so it waits long · stopped: switched off, or the stream is over.',
  )

export type TargetState = z.infer<typeof targetStateSchema>

export const targetErrorClassSchema = z
  .enum([
    'name-not-found',
    'refused',
    'unreachable',
    'unanswered',
    'tls',
    'rejected',
    'busy',
    'reset',
    'stalled',
    'too-slow',
    'blocked',
    'gateway',
    'other',
  ])
  .describe(
    "rejected: the server refused key or application · busy: another client publishes with this key · too-slow: the stream has more than the connection carries · blocked: by the gateway's own rules · gateway: the gateway's fault.",
  )

/** What went wrong with a target. */
export type TargetErrorClass = z.infer<typeof targetErrorClassSchema>

const targetStatusSchema = z.object({
  state: targetStateSchema,
  since: z.iso.datetime().describe('Last change of state.'),
  liveSince: z.iso
    .datetime()
    .nullable()
    .describe('Since when media arrives without a break; null while it does not.'),
  bitrateBps: z.number().describe('Bits that the server acknowledges per second.'),
  sentBytes: z.int().describe('Bytes that arrived in this broadcast.'),
  droppedFragments: z
    .int()
    .describe('What was left out because the server was too slow: whole groups of pictures.'),
  droppedSeconds: z.number(),
  reconnects: z.int().describe('Times that media went again after it had broken off.'),
  failures: z.int().describe('Attempts that failed since media last went well for a minute.'),
  nextTryAt: z.iso.datetime().nullable().describe('The next attempt while it waits for it.'),
  lastError: z.string().nullable().describe('For people. Stays until media has gone well for a minute.'),
  errorClass: targetErrorClassSchema.nullable(),
  profile: transcodeSnapshotSchema.nullable().describe('Null while it is not pushed to.'),
})

/** How a push is doing. */
export type TargetStatus = z.infer<typeof targetStatusSchema>

export const targetSnapshotSchema = z
  .object({
    name: z.string(),
    kind: z.enum(targetKinds),
    destination: z.string().describe('Scheme and host only: the rest of an RTMP URL is a secret.'),
    ...targetStatusSchema.shape,
  })
  .meta({ id: 'Target' })

export type TargetSnapshot = z.infer<typeof targetSnapshotSchema>
