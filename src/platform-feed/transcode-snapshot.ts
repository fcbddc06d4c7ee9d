import { z } from 'zod'

/** What is done to the media on its way to a target. */
export const transcodeSnapshotSchema = z
  .object({
    mode: z
      .enum(['undecided', 'copy', 'encode'])
      .describe(
        'undecided: Sluice looks at the media first · copy: it encodes nothing · encode: it encodes once for all targets of the stream that need it.',
      ),
    reasons: z
      .array(z.string())
      .describe('Sentences for people: what is done, and why. None: the media goes out as it comes.'),
  })
  .meta({ id: 'Transcode' })

export type TranscodeSnapshot = z.infer<typeof transcodeSnapshotSchema>
