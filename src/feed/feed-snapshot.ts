import { z } from 'zod'

export const feedSnapshotSchema = z
  .object({
    epochs: z.int().describe('Packager runs that delivered media into this feed.'),
    fragments: z.int(),
    bufferedBytes: z.int(),
    bitrateBps: z.number().describe('Over the fragments in the ring.'),
    codecs: z.string().describe('From the newest initialisation segment, e.g. `avc1.42e01f,mp4a.40.2`.'),
    width: z.int().nullable(),
    height: z.int().nullable(),
    framesPerSecond: z.number().nullable(),
    newestAt: z.iso.datetime().nullable().describe('When the newest fragment arrived.'),
  })
  .meta({ id: 'Feed' })

export type FeedSnapshot = z.infer<typeof feedSnapshotSchema>
