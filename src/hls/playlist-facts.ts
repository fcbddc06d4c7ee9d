import { renditionIds } from './renditions.ts'
import type { OpenSegment, Segment } from './segment.ts'

/** All that the playlists say. */
export type PlaylistFacts = {
  /** Stands in the names of media playlists, see `HlsStore.sessionId`. */
  sessionId: string
  /** Listed segments, oldest first, no gap in their numbers; at least one. */
  segments: readonly Segment[]
  /** Seconds; the same for the whole stream. */
  targetDuration: number
  /** True when no segment follows. */
  ended: boolean
  /** True when every segment, also each later one, is promised to decode on its own. */
  independentSegments: boolean
  /** Peak segment bit rate so far by rendition; none while it is not known yet. */
  peakBps: ReadonlyMap<string, number>
  /** Low latency: the same for the whole stream; null for plain HLS. */
  partTargetSeconds: number | null
  /** The segment that is being filled; only with parts. */
  open?: OpenSegment | undefined
  /** The part that comes next, if one does. */
  hint?: { epochId: string; number: number } | undefined
}

/** Name of a rendition's media playlist that is this session's only, beside the multivariant playlist. */
export function mediaPlaylistName(rendition: string, sessionId: string): string {
  return `${rendition}-${sessionId}.m3u8`
}

/** Ids of the renditions that the multivariant playlist lists, best first: those of the newest whole segment. */
export function listedRenditions({ segments }: PlaylistFacts): string[] {
  const newest = segments.at(-1)
  return newest ? renditionIds(newest.epoch) : []
}

/** First lines of any playlist. */
export function headLines(facts: PlaylistFacts, version: number): string[] {
  const independent = facts.independentSegments ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []
  return ['#EXTM3U', `#EXT-X-VERSION:${version}`, ...independent]
}

/**
 * EXT-X-MAP without EXT-X-I-FRAMES-ONLY needs 6 (RFC 8216 section 7); 7, which that RFC describes, is what
 * fragmented MP4 is commonly played and checked with.
 */
export const plainVersion = 7
/** EXT-X-SKIP needs 9 (rfc8216bis section 8); the whole playlist says the same as its delta updates. */
export const lowLatencyVersion = 9

/** PART-HOLD-BACK: three times PART-TARGET (rfc8216bis section 4.4.3.8). */
export function partHoldBackSeconds(partTargetSeconds: number): number {
  return partTargetSeconds * 3
}

/** Lines as a playlist ends them. */
export function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
