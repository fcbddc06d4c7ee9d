import {
  headLines,
  listedRenditions,
  lowLatencyVersion,
  mediaPlaylistName,
  type PlaylistFacts,
  partHoldBackSeconds,
  plainVersion,
  textOf,
} from './playlist-facts.ts'
import { servedRendition } from './renditions.ts'
import type { OpenSegment, SegmentHead } from './segment.ts'

/** EXT-X-PART tags stay for this many target durations from the end of the playlist (rfc8216bis section 6.2.2). */
const partsListedTargetDurations = 3
/** Skip Boundary (section 4.4.3.8): at least six. */
const skipTargetDurations = 6

/**
 * A rendition's media playlist (rfc8216bis sections 4.4.3 to 4.4.5). URIs are relative to it:
 * `{epoch}/{rendition}/init.mp4`, `{epoch}/{rendition}/{mediaSequence}.m4s` and `{epoch}/{rendition}/p{number}.m4s`.
 *
 * There is no EXT-X-GAP because nothing is ever listed without its media: absent media leaves no hole in an epoch's
 * timeline but ends it, and EXT-X-DISCONTINUITY with EXT-X-PROGRAM-DATE-TIME tells how long it was.
 *
 * @param delta leaves out what the Skip Boundary allows (section 6.2.5.1).
 * @param mediaBase comes before each of these URIs.
 */
export function mediaPlaylist(
  facts: PlaylistFacts,
  rendition: string,
  delta = false,
  mediaBase = '',
): string {
  const [first] = facts.segments
  if (!first) throw new RangeError('a media playlist needs a segment')
  // A discontinuity counts here only when its tag has left the playlist (section 4.4.3.3).
  const discontinuitySequence = first.discontinuitySequence - (first.discontinuity ? 1 : 0)
  const skipped = delta ? skippable(facts) : 0
  const partsFrom = firstWithParts(facts)
  const folder = ({ epoch }: SegmentHead): string =>
    `${mediaBase}${epoch.id}/${servedRendition(epoch, rendition)}`
  return textOf([
    ...headLines(facts, facts.partTargetSeconds === null ? plainVersion : lowLatencyVersion),
    `#EXT-X-TARGETDURATION:${facts.targetDuration}`,
    ...lowLatencyLines(facts),
    `#EXT-X-MEDIA-SEQUENCE:${first.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
    ...facts.segments.slice(skipped).flatMap((segment) => [
      ...segmentLines(segment, folder(segment), segment === first),
      ...(segment.mediaSequence >= partsFrom && segment.partsListed
        ? partLines(segment, folder(segment))
        : []),
      // Microseconds, so that errors do not add up over a long window (section 4.4.4.1).
      `#EXTINF:${segment.durationSeconds.toFixed(6)},`,
      `${folder(segment)}/${segment.mediaSequence}.m4s`,
    ]),
    ...(facts.open
      ? [...segmentLines(facts.open, folder(facts.open), false), ...partLines(facts.open, folder(facts.open))]
      : []),
    ...lastLine(facts, rendition, mediaBase),
    ...reportLines(facts, rendition, partsFrom),
  ])
}

function lastLine(
  { hint, ended, partTargetSeconds, open, segments }: PlaylistFacts,
  rendition: string,
  mediaBase: string,
): string[] {
  if (ended) return ['#EXT-X-ENDLIST']
  const newest = open ?? segments.at(-1)
  if (hint && newest) {
    const uri = `${mediaBase}${hint.epochId}/${servedRendition(newest.epoch, rendition)}/p${hint.number}.m4s`
    return [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${uri}"`]
  }
  // hls.js 1.7.4 takes the last segment for the open one, too, when no line comes after it, and then finds a
  // "media sequence mismatch" in the next playlist.
  return partTargetSeconds === null ? [] : ['# What comes next is not known yet.']
}

/**
 * How far the other renditions have come, so that a player that switches need not ask for an old state first (4.4.5.4).
 * @param partsFrom number of the oldest segment whose parts are listed.
 */
function reportLines(facts: PlaylistFacts, own: string, partsFrom: number): string[] {
  const { segments, open, partTargetSeconds, sessionId, ended } = facts
  if (partTargetSeconds === null || ended) return []
  const withParts =
    open ?? segments.findLast(({ mediaSequence, partsListed }) => partsListed && mediaSequence >= partsFrom)
  const last = withParts
    ? `LAST-MSN=${withParts.mediaSequence},LAST-PART=${withParts.parts.length - 1}`
    : `LAST-MSN=${segments.at(-1)?.mediaSequence}`
  return listedRenditions(facts)
    .filter((id) => id !== own)
    .map((id) => `#EXT-X-RENDITION-REPORT:URI="${mediaPlaylistName(id, sessionId)}",${last}`)
}

function lowLatencyLines({ partTargetSeconds, targetDuration }: PlaylistFacts): string[] {
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
function segmentLines(segment: SegmentHead, folder: string, first: boolean): string[] {
  const { discontinuity, programDateTimeMs } = segment
  return [
    ...(discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(discontinuity || first ? [`#EXT-X-MAP:URI="${folder}/init.mp4"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(programDateTimeMs)).toISOString()}`,
  ]
}

function partLines(segment: OpenSegment, folder: string): string[] {
  return segment.parts.map(
    ({ number, durationSeconds, independent }) =>
      `#EXT-X-PART:DURATION=${durationSeconds.toFixed(6)},URI="${folder}/p${number}.m4s"${independent ? ',INDEPENDENT=YES' : ''}`,
  )
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
