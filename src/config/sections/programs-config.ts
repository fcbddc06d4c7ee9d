import { z } from 'zod'

/** The programs that the gateway starts. */
export const programsConfigSchema = z
  .object({
    ffmpegPath: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('ffmpeg binary; environment FFMPEG_PATH.'),
    workerBin: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('mediasoup-worker binary; environment MEDIASOUP_WORKER_BIN.'),
  })
  .describe('Programs')

export type ProgramsConfig = Readonly<z.infer<typeof programsConfigSchema>>
