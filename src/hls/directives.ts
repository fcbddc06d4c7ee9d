/** Delivery directives of a playlist request (rfc8216bis section 6.2.5). */
export type Directives = {
  /** `_HLS_msn`: wait until this segment is listed … */
  msn: number | undefined
  /** `_HLS_part`: … or already this part of it. */
  part: number | undefined
  /** `_HLS_skip`: leave out what the player has. */
  skip: boolean
}

/** The newest that a playlist lists. */
export type LiveEdge = {
  /** Number of the newest whole segment; -1 before the first. */
  lastSequence: number
  /** Parts that it lists. */
  lastParts: number
  /** Parts of the segment after it. */
  openParts: number
  partTargetSeconds: number
  ended: boolean
}

export type Query = Readonly<Record<string, unknown>>

/** No directive at all. */
export const noDirectives: Directives = { msn: undefined, part: undefined, skip: false }

/**
 * Reads the directives of a query.
 * @returns 'wrong' for what must be answered by 400: no whole numbers, twice the same, a part without its segment.
 */
export function readDirectives(query: Query): Directives | 'wrong' {
  const msn = wholeNumber(query._HLS_msn)
  const part = wholeNumber(query._HLS_part)
  const skip = query._HLS_skip
  if (msn === 'wrong' || part === 'wrong' || (part !== undefined && msn === undefined)) return 'wrong'
  if (skip !== undefined && typeof skip !== 'string') return 'wrong'
  // Without date ranges the two mean the same; other values are of versions that are not known here.
  return { msn, part, skip: skip === 'YES' || skip === 'v2' }
}

/** What to do about a request with directives now: answer, wait for more media, or refuse it (section 6.2.5.2). */
export function judge({ msn, part }: Directives, edge: LiveEdge): 'answer' | 'wait' | 'too far' {
  const { lastSequence, lastParts, openParts } = edge
  if (edge.ended || msn === undefined || msn < lastSequence) return 'answer'
  if (msn > lastSequence + 2) return 'too far'
  if (part === undefined) return msn <= lastSequence ? 'answer' : 'wait'
  if (msn === lastSequence) {
    // A part behind the last one means the first of the next segment. A segment may also list no parts at all.
    return part < Math.max(1, lastParts) || openParts > 0 ? 'answer' : 'wait'
  }
  const newest = msn === lastSequence + 1 ? openParts - 1 : -1
  if (part <= newest) return 'answer'
  return part - newest > advancePartLimit(edge.partTargetSeconds) ? 'too far' : 'wait'
}

function advancePartLimit(partTargetSeconds: number): number {
  return partTargetSeconds < 1 ? 3 / partTargetSeconds : 3
}

function wholeNumber(value: unknown): number | undefined | 'wrong' {
  if (value === undefined) return undefined
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 'wrong'
}
