import { z } from 'zod'

/** The programme that a stage's people are mixed into. */
export const stageConfigSchema = z
  .object({
    programmeWidth: z
      .int()
      .min(320)
      .max(1920)
      .multipleOf(2)
      .default(1280)
      .describe('Frame width of a programme.'),
    programmeHeight: z
      .int()
      .min(180)
      .max(1080)
      .multipleOf(2)
      .default(720)
      .describe('Frame height of a programme.'),
    programmeBitrateBps: z
      .int()
      .min(200_000)
      .max(20_000_000)
      .default(2_500_000)
      .describe('Video bitrate of a programme.'),
    maxStages: z
      .int()
      .min(0)
      .max(1_000)
      .default(20)
      .describe('Stages open at the same time. 0 turns them off.'),
  })
  .describe('Stages')

export type StageConfig = Readonly<z.infer<typeof stageConfigSchema>>
