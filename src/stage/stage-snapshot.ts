import { z } from 'zod'

/** Plain JSON: the websocket, the REST answers and the pages read the same. */

const fraction = z.number().min(0).max(1)

export const layoutSchema = z
  .strictObject({
    mode: z
      .enum(['auto', 'solo', 'side-by-side', 'grid', 'speaker', 'screen', 'picture-in-picture', 'free'])
      .describe('`auto`: a shared screen with the cameras beside it, otherwise a grid.'),
    main: z
      .string()
      .max(64)
      .nullable()
      .describe(
        'What has the main place: `PERSON:camera` or `PERSON:screen`; null leaves it to the gateway.',
      ),
    free: z
      .array(
        z.strictObject({
          id: z.string().max(64),
          x: fraction,
          y: fraction,
          width: fraction,
          height: fraction,
        }),
      )
      .max(20)
      .describe('Only for `free`: places as parts of width and height.'),
  })
  .meta({ id: 'StageLayout' })

export const placeSchema = z
  .enum(['waiting', 'backstage', 'stage'])
  .describe(
    'waiting: asked to come in · backstage: in the room, not in the programme · stage: in the programme.',
  )
export const roleSchema = z
  .enum(['host', 'cohost', 'guest'])
  .describe('A host may do everything; a cohost the same, except for changing roles.')
export const sourceSchema = z.enum(['camera', 'microphone', 'screen', 'screen-audio'])

const qualitySchema = z.object({
  level: z.enum(['excellent', 'good', 'poor', 'lost']),
  cause: z.string().describe('A sentence for people; empty while all is well.'),
  roundTripMs: z.number().nullable(),
  bitrateBps: z.number(),
})

export const personSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: roleSchema,
    place: placeSchema,
    connected: z.boolean().describe('False while the seat is kept for a person whose connection broke.'),
    sources: z.array(
      z.object({ source: sourceSchema, paused: z.boolean().describe('By the person, or by a host.') }),
    ),
    muted: z
      .boolean()
      .describe('A host muted the microphone: the person can not unmute until a host asks for it.'),
    handAt: z.string().nullable().describe('ISO time at which the hand was raised.'),
    quality: qualitySchema.nullable(),
  })
  .meta({ id: 'StagePerson' })

const programmeSchema = z.object({
  state: z.enum(['off', 'starting', 'live', 'failed']),
  error: z.string().nullable().describe('For people.'),
  speaker: z.string().nullable().describe('Person of the active speaker.'),
})

export const stageSnapshotSchema = z
  .object({
    stream: z.string(),
    revision: z.number().describe('Counts every change; it is also the ETag.'),
    locked: z.boolean(),
    hasPassword: z.boolean(),
    people: z.array(personSchema),
    layout: layoutSchema,
    banner: z.string().describe('Lower third; empty: none.'),
    programme: programmeSchema,
  })
  .meta({ id: 'Stage' })

export type Place = z.infer<typeof placeSchema>
export type StageRole = z.infer<typeof roleSchema>
export type StageSource = z.infer<typeof sourceSchema>
export type PersonSnapshot = z.infer<typeof personSchema>
export type PersonQuality = z.infer<typeof qualitySchema>
export type ProgrammeSnapshot = z.infer<typeof programmeSchema>
export type StageSnapshot = z.infer<typeof stageSnapshotSchema>

export type ChatMessage = { id: number; personId: string; name: string; at: string; text: string }

/** What changed: whole people, or null for one who is gone, and other members that have new values. */
export type StageDelta = {
  revision: number
  people?: Record<string, PersonSnapshot | null>
} & Partial<Pick<StageSnapshot, 'locked' | 'hasPassword' | 'layout' | 'banner' | 'programme'>>
