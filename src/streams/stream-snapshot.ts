import { z } from 'zod'
import { feedSnapshotSchema } from '../feed/feed-snapshot.ts'
import { packagerSnapshotSchema } from '../packager/packager-snapshot.ts'
import { trackSnapshotSchema } from '../sfu/track-snapshot.ts'
import type { OutputSnapshots } from './output.ts'

/** A stream without its outputs, each of which adds a key of its own. */
export const streamSnapshotSchema = z.object({
  name: z.string(),
  state: z
    .enum(['idle', 'starting', 'live', 'interrupted'])
    .describe(
      'idle: no publisher · starting: a publisher is there, no media came out yet · live: media moves · interrupted: the publisher or the packager is away and may come back; viewers keep the stream.',
    ),
  reason: z.string().describe('Why it is in this state, as a sentence part: "publisher connected".'),
  since: z.iso.datetime().describe('Last change of state.'),
  liveSince: z.iso.datetime().nullable().describe('When media first came out in this broadcast.'),
  tracks: z.array(trackSnapshotSchema),
  packager: packagerSnapshotSchema.nullable(),
  feed: feedSnapshotSchema.nullable(),
})

/** Plain JSON: the REST answers, the pages and the tests read the same snapshot. */
export type StreamSnapshot = z.infer<typeof streamSnapshotSchema> & OutputSnapshots
export type StreamState = StreamSnapshot['state']
