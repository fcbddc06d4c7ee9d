import { z } from 'zod'

/** What ffmpeg encodes to: audio always, video when it can't be copied. */
export const encodeConfigSchema = z
  .object({
    transcodeWidth: z
      .int()
      .min(160)
      .max(3840)
      .multipleOf(2)
      .default(1280)
      .describe('Frame width when video must be encoded.'),
    transcodeHeight: z
      .int()
      .min(90)
      .max(2160)
      .multipleOf(2)
      .default(720)
      .describe('Frame height when video must be encoded.'),
    transcodeFramesPerSecond: z
      .int()
      .min(5)
      .max(60)
      .default(30)
      .describe('Frame rate when video must be encoded.'),
    transcodeBitrateBps: z
      .int()
      .min(100_000)
      .max(50_000_000)
      .default(2_500_000)
      .describe('Video bitrate when video must be encoded.'),
    transcodePreset: z
      .enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium'])
      .default('superfast')
      .describe('x264 preset: speed against quality.'),
    audioBitrateBps: z.int().min(32_000).max(320_000).default(128_000).describe('AAC bitrate.'),
  })
  .describe('Encoding')

export type EncodeConfig = Readonly<z.infer<typeof encodeConfigSchema>>
