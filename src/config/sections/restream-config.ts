import { z } from 'zod'
import { networkListSchema } from '../network-list.ts'
import { maxTargetsPerStream, targetSchema } from '../target-config.ts'

/** RTMP targets, and where targets may be. */
export const restreamConfigSchema = z
  .object({
    targets: z
      .record(
        z.string().regex(/^(\*|[a-z0-9][a-z0-9_-]{0,63})$/, 'must be a stream name or *'),
        z.array(targetSchema).max(maxTargetsPerStream),
      )
      .default({})
      .describe('RTMP targets by stream; those under * are for all streams.'),
    restreamAllowPrivate: z
      .boolean()
      .default(false)
      .describe('Lets targets that are added by the API be in private networks and on this machine.'),
    restreamAllow: networkListSchema
      .default([])
      .describe('Networks, addresses and hosts that these targets may use although they are private.'),
    restreamDeny: networkListSchema
      .default([])
      .describe('Networks, addresses and hosts that no target may use, those of this file included.'),
    restreamVerifyTls: z
      .boolean()
      .default(true)
      .describe('Whether an RTMPS server must have a certificate for its name.'),
    restreamCaFile: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('PEM file with certificates that RTMPS servers may also be signed with.'),
  })
  .superRefine(({ targets }, context) => {
    for (const [stream, list] of Object.entries(targets)) {
      if (new Set(list.map(({ name }) => name)).size === list.length) continue
      const message = 'two targets have the same name'
      context.addIssue({ code: 'custom', path: ['targets', stream], message })
    }
  })
  .describe('Restreaming')

export type RestreamConfig = Readonly<z.infer<typeof restreamConfigSchema>>
