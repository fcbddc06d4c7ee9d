import { z } from 'zod'

/** How long a stream stays when its publisher is gone. */
export const streamsConfigSchema = z
  .object({
    resumeSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(20)
      .describe('How long a stream waits for a publisher that was lost.'),
    endedSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(60)
      .describe('How long the ended playlist can still be fetched.'),
  })
  .describe('Streams')

export type StreamsConfig = Readonly<z.infer<typeof streamsConfigSchema>>
