import { z } from 'zod'
import { targetChangeSchema } from '../push/target-history.ts'
import { targetSnapshotSchema } from '../push/target-snapshot.ts'

/** A target as the API lists it, also while its stream is idle. */
export const targetDetailsSchema = targetSnapshotSchema
  .extend({
    enabled: z.boolean().describe('Whether it is pushed to while its stream is live.'),
    hasKey: z.boolean().describe('Answers never hold the key itself.'),
    source: z
      .enum(['config', 'api'])
      .describe('config: can be switched and retried only · api: can be changed and removed.'),
    scope: z.string().describe('The name of its stream, or `*` when it is one for all streams.'),
    history: z.array(targetChangeSchema).describe('The last changes of state, the newest last.'),
  })
  .meta({ id: 'TargetDetails' })

export type TargetDetails = z.infer<typeof targetDetailsSchema>
