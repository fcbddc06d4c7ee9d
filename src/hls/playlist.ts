import type { Segment } from './segment.ts'

/** All that the playlists say. */
export type PlaylistFacts = {
  /** Listed segments, oldest first, no gap in their numbers; at least one. */
  segments: readonly Segment[]
  /** Seconds; the same for the whole stream. */
  targetDuration: number
  /** True when no segment follows. */
  ended: boolean
  /** True when every segment, also each later one, is promised to decode on its own. */
  independentSegments: boolean
  /** Peak segment bit rate so far; 0 when it is not known yet. */
  peakBps: number
}

/** Name of the media playlist, beside the multivariant playlist. */
export const mediaPlaylistName = 'live.m3u8'

/**
 * EXT-X-MAP without EXT-X-I-FRAMES-ONLY needs 6 (RFC 8216 section 7); 7, which that RFC describes, is what
 * fragmented MP4 is commonly played and checked with.
 */
const version = 7

/**
 * The media playlist (RFC 8216 sections 4.3.2 and 4.3.3). URIs are relative to it: `{epoch}/init.mp4` and
 * `{epoch}/{mediaSequence}.m4s`.
 */
export function mediaPlaylist(facts: PlaylistFacts): string {
  const [first] = facts.segments
  if (!first) throw new RangeError('a media playlist needs a segment')
  // A discontinuity counts here only when its tag has left the playlist (section 4.3.3.3).
  const discontinuitySequence = first.discontinuitySequence - (first.discontinuity ? 1 : 0)
  return text([
    ...head(facts),
    `#EXT-X-TARGETDURATION:${facts.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${first.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    ...facts.segments.flatMap((segment) => segmentLines(segment, segment === first)),
    ...(facts.ended ? ['#EXT-X-ENDLIST'] : []),
  ])
}

/** The multivariant playlist with the one variant there is (section 4.3.4.2). */
export function multivariantPlaylist(facts: PlaylistFacts): string {
  const epoch = facts.segments.at(-1)?.epoch
  const averageBps = averageRate(facts.segments)
  const codecs = [epoch?.video?.codec, epoch?.audio?.codec].filter((codec) => codec !== undefined)
  const framesPerSecond = frameRate(facts.segments)
  const attributes = [
    `BANDWIDTH=${Math.max(1, Math.ceil(facts.peakBps), averageBps)}`,
    `AVERAGE-BANDWIDTH=${Math.max(1, averageBps)}`,
    ...(codecs.length > 0 ? [`CODECS="${codecs.join(',')}"`] : []),
    ...(epoch?.video ? [`RESOLUTION=${epoch.video.width}x${epoch.video.height}`] : []),
    ...(framesPerSecond > 0 ? [`FRAME-RATE=${framesPerSecond.toFixed(3)}`] : []),
  ]
  return text([...head(facts), `#EXT-X-STREAM-INF:${attributes.join(',')}`, mediaPlaylistName])
}

function head(facts: PlaylistFacts): string[] {
  const independent = facts.independentSegments ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []
  return ['#EXTM3U', `#EXT-X-VERSION:${version}`, ...independent]
}

function segmentLines(segment: Segment, first: boolean): string[] {
  const { epoch, discontinuity, programDateTimeMs, durationSeconds, mediaSequence } = segment
  return [
    ...(discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(discontinuity || first ? [`#EXT-X-MAP:URI="${epoch.id}/init.mp4"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(programDateTimeMs)).toISOString()}`,
    // Microseconds, so that errors do not add up over a long window (section 4.3.2.1).
    `#EXTINF:${durationSeconds.toFixed(6)},`,
    `${epoch.id}/${mediaSequence}.m4s`,
  ]
}

/** Average segment bit rate (section 4.1) in whole bits per second. */
function averageRate(segments: readonly Segment[]): number {
  const seconds = sum(segments, (segment) => segment.durationSeconds)
  return seconds > 0 ? Math.ceil((sum(segments, (segment) => segment.bytes.length) * 8) / seconds) : 0
}

/**
 * Frames per second of the newest epoch. Whole numbers: WebRTC has no fixed rate, and players only choose by it
 * what they can show.
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

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
