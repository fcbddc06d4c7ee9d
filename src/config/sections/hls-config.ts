import { z } from 'zod'

/** How a stream is cut for HLS. */
export const hlsConfigSchema = z
  .object({
    segmentSeconds: z
      .number()
      .min(1)
      .max(10)
      .default(1)
      .describe(
        'Target duration of HLS segments; also the keyframe cadence. 2 saves bandwidth when low latency is off.',
      ),
    lowLatency: z
      .boolean()
      .default(true)
      .describe('Low-Latency HLS, about 1 s behind; players that do not know it play it as plain HLS.'),
    partSeconds: z
      .number()
      .min(0.15)
      .max(1)
      .default(0.2)
      .describe(
        'Length of fragments, which are the parts of Low-Latency HLS. 0.2 is whole frames at 60, 30, 25, 20, 15 and 10 a second.',
      ),
    windowSeconds: z.number().min(6).max(3600).default(30).describe('Media listed in the HLS playlist.'),
  })
  .superRefine((config, context) => {
    if (config.windowSeconds < config.segmentSeconds * 3) {
      const message = 'must be at least three segments long (RFC 8216 section 6.2.2)'
      context.addIssue({ code: 'custom', path: ['windowSeconds'], message })
    }
    if (config.lowLatency && config.segmentSeconds < config.partSeconds * 3) {
      const message = 'must be at most a third of segmentSeconds'
      context.addIssue({ code: 'custom', path: ['partSeconds'], message })
    }
  })
  .describe('HLS')

export type HlsConfig = Readonly<z.infer<typeof hlsConfigSchema>>
