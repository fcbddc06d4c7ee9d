import { z } from 'zod'

export const hlsSnapshotSchema = z
  .object({
    path: z.string().describe('Path of the multivariant playlist.'),
    playable: z.boolean().describe('False until there is enough media to start on.'),
    segments: z.int(),
    mediaSequence: z.int(),
    bufferedBytes: z.int(),
    partTargetSeconds: z.number().nullable().describe('PART-TARGET of Low-Latency HLS; null for plain HLS.'),
    waitingViewers: z.int().describe('Requests that wait for the next media at this moment.'),
  })
  .meta({ id: 'Hls' })

export type HlsSnapshot = z.infer<typeof hlsSnapshotSchema>
