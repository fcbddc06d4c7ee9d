import { bestVideo, type Epoch } from '../feed/epoch.ts'
import {
  headLines,
  listedRenditions,
  mediaPlaylistName,
  type PlaylistFacts,
  plainVersion,
  textOf,
} from './playlist-facts.ts'
import { fileOf } from './renditions.ts'
import type { Segment } from './segment.ts'

/** The multivariant playlist: one variant for each rendition of the newest epoch, best first (RFC 8216 section 4.3.4.2). */
export function multivariantPlaylist(facts: PlaylistFacts): string {
  const epoch = facts.segments.at(-1)?.epoch
  if (!epoch) throw new RangeError('a multivariant playlist needs a segment')
  return textOf([
    ...headLines(facts, plainVersion),
    ...listedRenditions(facts).flatMap((id) => [
      `#EXT-X-STREAM-INF:${attributes(facts, epoch, id).join(',')}`,
      mediaPlaylistName(id, facts.sessionId),
    ]),
  ])
}

function attributes({ segments, peakBps }: PlaylistFacts, epoch: Epoch, id: string): string[] {
  const averageBps = averageRate(segments, id)
  const video = epoch.renditions.find((rendition) => rendition.id === id)?.video ?? bestVideo(epoch)
  const codecs = [video?.codec, epoch.audio?.codec].filter((codec) => codec !== undefined)
  const framesPerSecond = frameRate(segments)
  return [
    `BANDWIDTH=${Math.max(1, Math.ceil(peakBps.get(id) ?? 0), averageBps)}`,
    `AVERAGE-BANDWIDTH=${Math.max(1, averageBps)}`,
    ...(codecs.length > 0 ? [`CODECS="${codecs.join(',')}"`] : []),
    ...(video ? [`RESOLUTION=${video.width}x${video.height}`] : []),
    ...(framesPerSecond > 0 ? [`FRAME-RATE=${framesPerSecond.toFixed(3)}`] : []),
  ]
}

/** Average segment bit rate (section 4.1) in whole bits per second. */
function averageRate(segments: readonly Segment[], id: string): number {
  const seconds = sum(segments, (segment) => segment.durationSeconds)
  const bytes = sum(segments, ({ epoch, files }) => fileOf(epoch, files, id)?.plain.bytes ?? 0)
  return seconds > 0 ? Math.ceil((bytes * 8) / seconds) : 0
}

/**
 * Frames per second of the newest epoch's best rendition. The same for all renditions, because hls.js does not switch
 * up to a lower frame rate, and measured ones differ. Whole numbers: WebRTC has no fixed rate, and players only choose
 * by it what they can show.
 */
function frameRate(segments: readonly Segment[]): number {
  const newest = segments.filter((segment) => segment.epoch === segments.at(-1)?.epoch)
  const frames = sum(newest, (segment) => segment.videoFrames)
  const seconds = sum(newest, (segment) => segment.durationSeconds)
  return frames > 0 && seconds > 0 ? Math.max(1, Math.round(frames / seconds)) : 0
}

function sum(segments: readonly Segment[], value: (segment: Segment) => number): number {
  return segments.reduce((total, segment) => total + value(segment), 0)
}
