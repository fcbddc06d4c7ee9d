import { z } from 'zod'

/** Who may publish, watch and operate. */
export const accessConfigSchema = z
  .object({
    access: z
      .enum(['auto', 'open', 'required'])
      .default('auto')
      .describe(
        'open: all who reach the gateway may do everything; required: what is not public needs a password, key or token; auto: open while HTTP listens on loopback only, otherwise required.',
      ),
    defaultVisibility: z
      .enum(['public', 'unlisted', 'private'])
      .default('public')
      .describe(
        'Who may watch a stream for which nothing else is set. public: all, and it is listed; unlisted: all who have its address; private: holders of a role or a play token.',
      ),
    playJwksUrl: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null)
      .describe('JWK Set of an issuer of play tokens besides the gateway.'),
    playIssuer: z.string().min(1).nullable().default(null).describe('The iss of its tokens.'),
    playAudience: z.string().min(1).nullable().default(null).describe('The aud of its tokens.'),
    accessCallbackUrl: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null)
      .describe(
        'Service that is asked by POST who may publish and watch where the gateway itself would refuse; 2xx allows.',
      ),
    accessCallbackSeconds: z
      .number()
      .min(0.1)
      .max(30)
      .default(3)
      .describe('Longest wait for its answer; without one the gateway refuses.'),
    accessCallbackCacheSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(10)
      .describe(
        'How long its answer holds for the same question; what it allowed is asked about again after that.',
      ),
    maxPublicationsPerPrincipal: z
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .describe('Streams that one user or key publishes at the same time.'),
    maxViewersPerPrincipal: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Places from which one user or the holder of one play token watches at the same time.'),
  })
  .superRefine(({ playJwksUrl, playIssuer, playAudience }, context) => {
    if (playJwksUrl === null || (playIssuer !== null && playAudience !== null)) return
    const missing = playIssuer === null ? 'playIssuer' : 'playAudience'
    context.addIssue({
      code: 'custom',
      path: [missing],
      message: 'playJwksUrl needs playIssuer and playAudience',
    })
  })
  .describe('Access')

export type AccessConfig = Readonly<z.infer<typeof accessConfigSchema>>
