import { z } from 'zod'

export const trackSnapshotSchema = z
  .object({
    kind: z.enum(['audio', 'video']),
    codec: z.string().describe('As in the RTP parameters, e.g. `video/H264`.'),
    active: z.boolean().describe('False while no RTP arrives.'),
  })
  .meta({ id: 'Track' })

export type TrackSnapshot = z.infer<typeof trackSnapshotSchema>
