import type { ReadPart, ReadPlaylist, ReadSegment } from './read-media-playlist.ts'

/** One answer to a player. */
export type Observation = {
  /** When it came, in ms. */
  atMs: number
  /** As it came. */
  raw: ReadPlaylist
  /** With a delta update applied. */
  playlist: ReadPlaylist
  /** URIs of the other renditions' playlists, as the multivariant playlist lists them. */
  others?: readonly string[]
}

/** @returns what is wrong, empty when nothing is. */
type Check = (now: Observation, before: Observation | undefined) => string[]

export type Rule = { rule: string; section: string; check: Check }

/** A rule on each playlist alone. */
const each =
  (check: (playlist: ReadPlaylist) => string[]): Check =>
  ({ playlist }) =>
    check(playlist)

/** A rule between a playlist and the one before. */
const change =
  (check: (before: ReadPlaylist, now: ReadPlaylist) => string[]): Check =>
  (now, before) =>
    before ? check(before.playlist, now.playlist) : []

const wrong = (isWrong: boolean, text: string): string[] => (isWrong ? [text] : [])
const all = (playlist: ReadPlaylist): ReadSegment[] => [
  ...playlist.segments,
  ...(playlist.open ? [playlist.open] : []),
]
const total = (items: readonly { seconds: number | undefined }[]): number =>
  items.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0)
const control = (playlist: ReadPlaylist, name: string): number => Number(playlist.control.get(name))
/** Decimal fractions are not exact in binary. */
const tiny = 1e-6

function partProblems(
  playlist: ReadPlaylist,
  check: (part: ReadPart, next: ReadPart | undefined, last: boolean) => boolean,
): string[] {
  return all(playlist).flatMap((segment) =>
    segment.parts
      .filter((part, index) => {
        const next = segment.parts[index + 1]
        // The newest part of the open segment may yet become its last one.
        return check(part, next, next === undefined)
      })
      .map((part) => `${part.uri} of ${part.seconds} s in segment ${segment.sequence}`),
  )
}

/** The rules of rfc8216bis that apply to what the gateway serves: live, no encryption. */
export const rules: readonly Rule[] = [
  {
    rule: 'EXT-X-VERSION is 9 with EXT-X-SKIP',
    section: '8',
    check: ({ raw }) => wrong(raw.skipped > 0 && raw.version < 9, `version ${raw.version}`),
  },
  {
    rule: 'EXTINF, rounded, is at most EXT-X-TARGETDURATION',
    section: '4.4.3.1',
    check: each(({ segments, targetDuration }) =>
      segments
        .filter(({ seconds }) => Math.round(seconds ?? Number.NaN) > targetDuration)
        .map(({ sequence, seconds }) => `segment ${sequence}: ${seconds}`),
    ),
  },
  {
    rule: 'EXT-X-TARGETDURATION does not change',
    section: '6.2.1',
    check: change((before, now) =>
      wrong(before.targetDuration !== now.targetDuration, `${now.targetDuration}`),
    ),
  },
  {
    rule: 'PART-TARGET does not change',
    section: '4.4.3.7',
    check: change((before, now) => wrong(before.partTarget !== now.partTarget, `${now.partTarget}`)),
  },
  {
    rule: 'EXT-X-SERVER-CONTROL does not change',
    section: '4.4.3.8',
    check: change((before, now) =>
      wrong(JSON.stringify([...before.control]) !== JSON.stringify([...now.control]), 'changed'),
    ),
  },
  {
    rule: 'EXT-X-PART-INF stands in a playlist with EXT-X-PART',
    section: '4.4.3.7',
    check: each((playlist) => wrong(!(playlist.partTarget > 0), 'no PART-TARGET')),
  },
  {
    rule: 'PART-HOLD-BACK is at least twice, better three times PART-TARGET',
    section: '4.4.3.8',
    check: each((playlist) =>
      wrong(!(control(playlist, 'PART-HOLD-BACK') >= 3 * playlist.partTarget - tiny), 'too small'),
    ),
  },
  {
    rule: 'HOLD-BACK is at least three target durations',
    section: '4.4.3.8',
    check: each((playlist) =>
      wrong(!(control(playlist, 'HOLD-BACK') >= 3 * playlist.targetDuration), 'too small'),
    ),
  },
  {
    rule: 'CAN-SKIP-UNTIL is at least six target durations',
    section: '4.4.3.8',
    check: each((playlist) =>
      wrong(!(control(playlist, 'CAN-SKIP-UNTIL') >= 6 * playlist.targetDuration), 'too small'),
    ),
  },
  {
    rule: 'CAN-BLOCK-RELOAD=YES is said',
    section: '4.4.3.8',
    check: each((playlist) => wrong(playlist.control.get('CAN-BLOCK-RELOAD') !== 'YES', 'missing')),
  },
  {
    rule: 'a part is at most PART-TARGET long',
    section: '4.4.4.9',
    check: each((playlist) => partProblems(playlist, (part) => part.seconds > playlist.partTarget + tiny)),
  },
  {
    rule: 'a part is at least 85 % of PART-TARGET, unless it is independent, a gap, before a gap or the last one',
    section: '4.4.4.9',
    check: each((playlist) =>
      partProblems(
        playlist,
        (part, next, last) =>
          part.seconds < 0.85 * playlist.partTarget - tiny &&
          !part.independent &&
          !part.gap &&
          !next?.gap &&
          !last,
      ),
    ),
  },
  {
    rule: 'tags that apply to a segment stand before its first part',
    section: '4.4.4.9',
    check: each((playlist) =>
      all(playlist)
        .filter(({ lateTag }) => lateTag)
        .map(({ sequence }) => `segment ${sequence}`),
    ),
  },
  {
    rule: 'parts are no longer listed when they are three target durations from the end',
    section: '6.2.2',
    check: each((playlist) => {
      const segments = all(playlist)
      const oldest = segments.findIndex(({ parts }) => parts.length > 0)
      if (oldest < 0) return []
      const later = segments.slice(oldest + 1)
      const after =
        total(later.filter(({ seconds }) => seconds !== undefined)) + total(playlist.open?.parts ?? [])
      return wrong(
        after > 3 * playlist.targetDuration + tiny,
        `segment ${segments[oldest]?.sequence} is ${after} s back`,
      )
    }),
  },
  {
    rule: 'the parts of a segment are as long as the segment, within half a part',
    section: '4.4.4.9',
    check: each(({ segments, partTarget }) =>
      segments
        .filter(
          ({ parts, seconds }) =>
            parts.length > 0 && Math.abs(total(parts) - (seconds ?? 0)) > partTarget / 2,
        )
        .map(({ sequence, seconds, parts }) => `segment ${sequence}: ${seconds} and ${total(parts)}`),
    ),
  },
  {
    rule: 'every segment has a map of its own epoch and rendition',
    section: '4.4.4.5',
    check: each((playlist) =>
      all(playlist)
        .filter(({ map, uri, parts }) => {
          const media = uri ?? parts[0]?.uri ?? ''
          return map?.replace(/[^/]*$/, '') !== media.replace(/[^/]*$/, '')
        })
        .map(({ sequence, map }) => `segment ${sequence} has map ${map}`),
    ),
  },
  {
    rule: 'every segment has a date',
    section: '6.2.1, B.1',
    check: each((playlist) =>
      all(playlist)
        .filter(({ dateMs }) => !Number.isFinite(dateMs))
        .map(({ sequence }) => `segment ${sequence}`),
    ),
  },
  {
    rule: 'dates overlap by less than a second',
    section: '6.2.1',
    check: each((playlist) =>
      all(playlist).flatMap((segment, index, segments) => {
        const previous = segments[index - 1]
        if (!previous || segment.discontinuity) return []
        const overlapMs = (previous.dateMs ?? 0) + (previous.seconds ?? 0) * 1000 - (segment.dateMs ?? 0)
        return wrong(overlapMs >= 1000, `segment ${segment.sequence} overlaps by ${overlapMs} ms`)
      }),
    ),
  },
  {
    rule: 'one hint of a type, and none with EXT-X-ENDLIST',
    section: '4.4.5.3, 6.2.6',
    check: each(({ hints, ended }) => wrong(hints.length > (ended ? 0 : 1), `${hints.length} hints`)),
  },
  {
    rule: 'the hint is no part that is listed',
    section: '4.4.5.3',
    check: each((playlist) => {
      const listed = all(playlist).flatMap(({ parts }) => parts.map(({ uri }) => uri))
      return wrong(listed.includes(playlist.hints[0]?.get('URI') ?? ''), 'it is')
    }),
  },
  {
    rule: 'EXT-X-MEDIA-SEQUENCE counts what was removed and never goes back',
    section: '6.2.2',
    check: change((before, now) => wrong(now.mediaSequence < before.mediaSequence, `${now.mediaSequence}`)),
  },
  {
    rule: 'segments do not change, their discontinuity numbers included',
    section: '6.2.1, 6.2.2',
    check: change((before, now) => {
      const known = new Map(before.segments.map((segment) => [segment.sequence, segment]))
      return now.segments
        .filter((segment) => {
          const old = known.get(segment.sequence)
          const keys = ['seconds', 'uri', 'map', 'dateMs', 'discontinuity', 'discontinuitySequence'] as const
          return old !== undefined && keys.some((key) => old[key] !== segment[key])
        })
        .map(({ sequence }) => `segment ${sequence}`)
    }),
  },
  {
    rule: 'no segment leaves the new end of the playlist',
    section: '6.2.1',
    check: change((before, now) =>
      wrong(
        (now.segments.at(-1)?.sequence ?? -1) < (before.segments.at(-1)?.sequence ?? -1),
        `last ${now.segments.at(-1)?.sequence}`,
      ),
    ),
  },
  {
    rule: 'parts do not change, and leave from the front only',
    section: '6.2.1, 6.2.2',
    check: change((before, now) => {
      const later = new Map(all(now).map((segment) => [segment.sequence, segment.parts]))
      return all(before).flatMap(({ sequence, parts }) => {
        const after = later.get(sequence) ?? []
        const kept =
          after.length === 0 || parts.every((part, at) => JSON.stringify(part) === JSON.stringify(after[at]))
        const lost = after.length === 0 && before.open?.sequence === sequence && parts.length > 0
        return wrong(!kept || lost, `segment ${sequence}`)
      })
    }),
  },
  {
    rule: 'at least three target durations are listed once segments were removed',
    section: '6.2.2',
    check: each((playlist) =>
      wrong(
        playlist.mediaSequence > 0 && total(playlist.segments) < 3 * playlist.targetDuration,
        `${total(playlist.segments)} s`,
      ),
    ),
  },
  {
    rule: 'each other rendition is reported once, as far as this one has come',
    section: '4.4.5.4, B.1',
    check: ({ raw, playlist, others = [] }) => {
      if (playlist.ended) return wrong(raw.reports.length > 0, 'reports at the end')
      const last = playlist.open ?? playlist.segments.findLast(({ parts }) => parts.length > 0)
      return [
        ...wrong(
          JSON.stringify(raw.reports.map((report) => report.get('URI'))) !== JSON.stringify(others),
          `${raw.reports.length} reports`,
        ),
        ...raw.reports.flatMap((report) => {
          const told = [report.get('LAST-MSN'), report.get('LAST-PART')]
          const found = last ? [last.sequence, last.parts.length - 1] : [playlist.segments.at(-1)?.sequence]
          return wrong(
            told.join() !== [...found, undefined].slice(0, 2).join(),
            `${told} instead of ${found}`,
          )
        }),
      ]
    },
  },
  {
    rule: 'a delta update skips only what is beyond the Skip Boundary',
    section: '6.2.5.1',
    check: ({ raw, playlist }) => {
      const first = raw.skipped > 0 ? playlist.segments.slice(raw.skipped) : []
      return wrong(
        raw.skipped > 0 && total(first) < control(raw, 'CAN-SKIP-UNTIL') - raw.targetDuration,
        'too much',
      )
    },
  },
  {
    rule: 'EXT-X-SKIP and EXT-X-ENDLIST do not meet',
    section: '6.2.5.1',
    check: ({ raw }) => wrong(raw.skipped > 0 && raw.ended, 'both'),
  },
  {
    rule: 'a live playlist has no EXT-X-PLAYLIST-TYPE',
    section: '6.2.2',
    check: ({ raw }) => wrong(raw.tags.includes('#EXT-X-PLAYLIST-TYPE'), 'it has'),
  },
  {
    rule: 'EXT-X-TARGETDURATION, -MEDIA-SEQUENCE and -DISCONTINUITY-SEQUENCE appear once',
    section: '4.4.3',
    check: ({ raw }) =>
      [
        '#EXTM3U',
        '#EXT-X-VERSION',
        '#EXT-X-TARGETDURATION',
        '#EXT-X-MEDIA-SEQUENCE',
        '#EXT-X-DISCONTINUITY-SEQUENCE',
      ]
        .filter((tag) => raw.tags.filter((other) => other === tag).length !== 1)
        .map((tag) => tag),
  },
]

/** Every breach of every rule, one line each. */
export function breaches(observations: readonly Observation[]): string[] {
  return rules.flatMap(({ rule, section, check }) =>
    observations.flatMap((observation, index) =>
      check(observation, observations[index - 1]).map(
        (text) => `${section} ${rule}: ${text} (answer ${index})`,
      ),
    ),
  )
}
