import { z } from 'zod'

export const packagerSnapshotSchema = z
  .object({
    state: z.enum(['stopped', 'waiting', 'starting', 'running', 'retrying']),
    video: z
      .enum(['copy', 'transcode', 'none'])
      .describe(
        "copy: the publisher's H.264 as it is · transcode: anything else, made H.264 · none: no video.",
      ),
    pid: z.int().nullable().describe('Process id of its ffmpeg while there is one.'),
    failures: z.int().describe('Runs that ended without being asked to, since the stream went live.'),
    lastError: z.string().nullable().describe('Why the last run ended, if it was not asked to.'),
  })
  .meta({ id: 'Packager' })

export type PackagerSnapshot = z.infer<typeof packagerSnapshotSchema>
export type PackagerState = PackagerSnapshot['state']
