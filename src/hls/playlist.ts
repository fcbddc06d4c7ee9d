import type { OpenSegment, Part, Segment, SegmentHead } from './segment.ts'

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
  /** Low latency: the same for the whole stream; null for plain HLS. */
  partTargetSeconds: number | null
  /** The segment that is being filled; only with parts. */
  open?: OpenSegment | undefined
  /** The part that comes next, if one does. */
  hint?: { epochId: string; number: number } | undefined
}

/** Name of the media playlist, beside the multivariant playlist. */
export const mediaPlaylistName = 'live.m3u8'

/**
 * EXT-X-MAP without EXT-X-I-FRAMES-ONLY needs 6 (RFC 8216 section 7); 7, which that RFC describes, is what
 * fragmented MP4 is commonly played and checked with.
 */
const version = 7
/** EXT-X-SKIP needs 9 (rfc8216bis section 8); the whole playlist says the same as its delta updates. */
const lowLatencyVersion = 9

/** EXT-X-PART tags stay for this many target durations from the end of the playlist (rfc8216bis section 6.2.2). */
const partsListedTargetDurations = 3
/** Skip Boundary (section 4.4.3.8): at least six. */
const skipTargetDurations = 6

/** PART-HOLD-BACK: three times PART-TARGET (section 4.4.3.8). */
export function partHoldBackSeconds(partTargetSeconds: number): number {
  return partTargetSeconds * 3
}

/**
 * The media playlist (rfc8216bis sections 4.4.3 to 4.4.5). URIs are relative to it: `{epoch}/init.mp4`,
 * `{epoch}/{mediaSequence}.m4s` and `{epoch}/p{number}.m4s`.
 *
 * There is no EXT-X-GAP because nothing is ever listed without its media: absent media leaves no hole in an epoch's
 * timeline but ends it, and EXT-X-DISCONTINUITY with EXT-X-PROGRAM-DATE-TIME tells how long it was.
 *
 * @param delta leaves out what the Skip Boundary allows (section 6.2.5.1).
 */
export function mediaPlaylist(facts: PlaylistFacts, delta = false): string {
  const [first] = facts.segments
  if (!first) throw new RangeError('a media playlist needs a segment')
  // A discontinuity counts here only when its tag has left the playlist (section 4.4.3.3).
  const discontinuitySequence = first.discontinuitySequence - (first.discontinuity ? 1 : 0)
  const skipped = delta ? skippable(facts) : 0
  const partsFrom = firstWithParts(facts)
  return text([
    ...head(facts, facts.partTargetSeconds === null ? version : lowLatencyVersion),
    `#EXT-X-TARGETDURATION:${facts.targetDuration}`,
    ...lowLatencyHead(facts),
    `#EXT-X-MEDIA-SEQUENCE:${first.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
    ...facts.segments.slice(skipped).flatMap((segment) => [
      ...headLines(segment, segment === first),
      ...(segment.mediaSequence >= partsFrom && segment.partsListed ? partLines(segment) : []),
      // Microseconds, so that errors do not add up over a long window (section 4.4.4.1).
      `#EXTINF:${segment.durationSeconds.toFixed(6)},`,
      `${segment.epoch.id}/${segment.mediaSequence}.m4s`,
    ]),
    ...(facts.open ? [...headLines(facts.open, false), ...partLines(facts.open)] : []),
    ...lastLine(facts),
  ])
}

function lastLine({ hint, ended, partTargetSeconds }: PlaylistFacts): string[] {
  if (ended) return ['#EXT-X-ENDLIST']
  if (hint) return [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partUri(hint.epochId, hint.number)}"`]
  // hls.js 1.7.4 takes the last segment for the open one, too, when no line comes after it, and then finds a
  // "media sequence mismatch" in the next playlist.
  return partTargetSeconds === null ? [] : ['# What comes next is not known yet.']
}

/**
 * The multivariant playlist with the one variant there is (section 4.4.6.2).
 * @param mediaUri where the media playlist is.
 */
export function multivariantPlaylist(facts: PlaylistFacts, mediaUri: string): string {
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
  return text([...head(facts, version), `#EXT-X-STREAM-INF:${attributes.join(',')}`, mediaUri])
}

function head(facts: PlaylistFacts, playlistVersion: number): string[] {
  const independent = facts.independentSegments ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []
  return ['#EXTM3U', `#EXT-X-VERSION:${playlistVersion}`, ...independent]
}

function lowLatencyHead({ partTargetSeconds, targetDuration }: PlaylistFacts): string[] {
  if (partTargetSeconds === null) return []
  const control = [
    'CAN-BLOCK-RELOAD=YES',
    `CAN-SKIP-UNTIL=${(targetDuration * skipTargetDurations).toFixed(1)}`,
    `PART-HOLD-BACK=${partHoldBackSeconds(partTargetSeconds).toFixed(3)}`,
    // For players without parts: the least that section 4.4.3.8 allows.
    `HOLD-BACK=${(targetDuration * 3).toFixed(1)}`,
  ]
  return [
    `#EXT-X-SERVER-CONTROL:${control.join(',')}`,
    `#EXT-X-PART-INF:PART-TARGET=${partTargetSeconds.toFixed(3)}`,
  ]
}

/** Tags that apply to a segment and its parts: they come before its first part (section 4.4.4.9). */
function headLines(segment: SegmentHead, first: boolean): string[] {
  const { epoch, discontinuity, programDateTimeMs } = segment
  return [
    ...(discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(discontinuity || first ? [`#EXT-X-MAP:URI="${epoch.id}/init.mp4"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(programDateTimeMs)).toISOString()}`,
  ]
}

function partLines({ epoch, parts }: { epoch: { id: string }; parts: readonly Part[] }): string[] {
  return parts.map(
    ({ number, durationSeconds, independent }) =>
      `#EXT-X-PART:DURATION=${durationSeconds.toFixed(6)},URI="${partUri(epoch.id, number)}"${independent ? ',INDEPENDENT=YES' : ''}`,
  )
}

function partUri(epochId: string, number: number): string {
  return `${epochId}/p${number}.m4s`
}

/** Number of the oldest segment whose parts are near enough to the end of the playlist. */
function firstWithParts(facts: PlaylistFacts): number {
  if (facts.partTargetSeconds === null) return Number.POSITIVE_INFINITY
  let distanceSeconds = (facts.open?.parts ?? []).reduce((sum, part) => sum + part.durationSeconds, 0)
  let from = Number.POSITIVE_INFINITY
  for (const segment of facts.segments.toReversed()) {
    distanceSeconds += segment.durationSeconds
    if (distanceSeconds > partsListedTargetDurations * facts.targetDuration) break
    from = segment.mediaSequence
  }
  return from
}

/** How many segments lie before the Skip Boundary, counted from the end of the last whole segment (6.2.5.1). */
function skippable({ segments, targetDuration, ended, partTargetSeconds }: PlaylistFacts): number {
  if (ended || partTargetSeconds === null) return 0
  let distanceSeconds = 0
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    if (distanceSeconds > targetDuration * skipTargetDurations) return index + 1
    distanceSeconds += segments[index]?.durationSeconds ?? 0
  }
  return 0
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
