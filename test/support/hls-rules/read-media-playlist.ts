/** A media playlist as rfc8216bis describes it, read without any code of the product. */
export type ReadPart = { seconds: number; uri: string; independent: boolean; gap: boolean }

export type ReadSegment = {
  sequence: number
  /** Undefined for the open segment, which has parts only. */
  seconds: number | undefined
  uri: string | undefined
  discontinuity: boolean
  /** Discontinuity Sequence Number. */
  discontinuitySequence: number
  /** EXT-X-MAP that applies; undefined when it was skipped. */
  map: string | undefined
  dateMs: number | undefined
  gap: boolean
  parts: ReadPart[]
  /** Whether a tag that must stand before the first part stands behind it. */
  lateTag: boolean
}

export type ReadPlaylist = {
  tags: string[]
  version: number
  targetDuration: number
  mediaSequence: number
  discontinuitySequence: number
  control: Map<string, string>
  partTarget: number
  skipped: number
  segments: ReadSegment[]
  open: ReadSegment | undefined
  hints: Map<string, string>[]
  /** EXT-X-RENDITION-REPORT. */
  reports: Map<string, string>[]
  ended: boolean
}

const attributesOf = (text: string) =>
  new Map(
    [...text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)].map(([, key = '', value = '']) => [
      key,
      value.replaceAll('"', ''),
    ]),
  )

/** Reads a whole playlist, or a delta update as it came. */
export function readMediaPlaylist(text: string): ReadPlaylist {
  const lines = text.split('\n').filter((line) => line !== '')
  const value = (tag: string) => lines.find((line) => line.startsWith(`#${tag}:`))?.slice(tag.length + 2)
  const number = (tag: string) => Number(value(tag) ?? Number.NaN)
  const mediaSequence = number('EXT-X-MEDIA-SEQUENCE')
  const skipped = Number(attributesOf(value('EXT-X-SKIP') ?? '').get('SKIPPED-SEGMENTS') ?? 0)
  const discontinuitySequence = number('EXT-X-DISCONTINUITY-SEQUENCE')
  const read: ReadPlaylist = {
    tags: lines.filter((line) => line.startsWith('#')).map((line) => line.split(':')[0] ?? ''),
    version: number('EXT-X-VERSION'),
    targetDuration: number('EXT-X-TARGETDURATION'),
    mediaSequence,
    discontinuitySequence,
    control: attributesOf(value('EXT-X-SERVER-CONTROL') ?? ''),
    partTarget: Number(attributesOf(value('EXT-X-PART-INF') ?? '').get('PART-TARGET')),
    skipped,
    segments: [],
    open: undefined,
    hints: lines.filter((line) => line.startsWith('#EXT-X-PRELOAD-HINT')).map((line) => attributesOf(line)),
    reports: lines
      .filter((line) => line.startsWith('#EXT-X-RENDITION-REPORT'))
      .map((line) => attributesOf(line)),
    ended: lines.includes('#EXT-X-ENDLIST'),
  }
  let map: string | undefined
  let discontinuities = discontinuitySequence
  const begin = (sequence: number): ReadSegment => ({
    sequence,
    seconds: undefined,
    uri: undefined,
    discontinuity: false,
    discontinuitySequence: discontinuities,
    map,
    dateMs: undefined,
    gap: false,
    parts: [],
    lateTag: false,
  })
  let next = begin(mediaSequence + skipped)
  for (const line of lines) {
    const rest = line.slice(line.indexOf(':') + 1)
    const early = /^#EXT-X-(DISCONTINUITY$|MAP:|PROGRAM-DATE-TIME:)/.test(line)
    if (early && next.parts.length > 0) next.lateTag = true
    if (line === '#EXT-X-DISCONTINUITY') {
      next.discontinuity = true
      discontinuities += 1
      next.discontinuitySequence = discontinuities
    } else if (line.startsWith('#EXT-X-MAP:')) {
      map = attributesOf(rest).get('URI')
      next.map = map
    } else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) next.dateMs = Date.parse(rest)
    else if (line === '#EXT-X-GAP') next.gap = true
    else if (line.startsWith('#EXT-X-PART:')) {
      const part = attributesOf(rest)
      next.parts.push({
        seconds: Number(part.get('DURATION')),
        uri: part.get('URI') ?? '',
        independent: part.get('INDEPENDENT') === 'YES',
        gap: part.get('GAP') === 'YES',
      })
    } else if (line.startsWith('#EXTINF:')) next.seconds = Number.parseFloat(rest)
    else if (!line.startsWith('#')) {
      next.uri = line
      read.segments.push(next)
      next = begin(next.sequence + 1)
    }
  }
  if (next.parts.length > 0) read.open = next
  return read
}

/** A delta update with the segments that it skipped, from the playlist before (rfc8216bis section 6.3.7). */
export function applyDelta(before: ReadPlaylist, delta: ReadPlaylist): ReadPlaylist {
  if (delta.skipped === 0) return delta
  const from = delta.mediaSequence
  const kept = before.segments.filter(({ sequence }) => sequence >= from && sequence < from + delta.skipped)
  if (kept.length !== delta.skipped)
    throw new Error(`a delta update skips ${delta.skipped} segments, ${kept.length} are known`)
  let [map, count] = [kept.at(-1)?.map, kept.at(-1)?.discontinuitySequence ?? 0]
  const mend = (segment: ReadSegment): ReadSegment => {
    if (segment.discontinuity) count += 1
    map = segment.map ?? map
    return { ...segment, map, discontinuitySequence: count }
  }
  return {
    ...delta,
    skipped: 0,
    segments: [...kept.map((segment) => ({ ...segment, parts: [] })), ...delta.segments.map(mend)],
    open: delta.open && mend(delta.open),
  }
}
