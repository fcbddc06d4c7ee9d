/** First and last byte, both included. */
export type ByteRange = { first: number; last: number }

/**
 * Reads a Range header (RFC 9110 section 14.1.2).
 * @returns the part that is asked for; `unsatisfiable` when it holds no byte (416); undefined when the whole is to be
 * sent: no header, another unit, several ranges or nonsense (section 14.2 allows to ignore them).
 */
export function byteRange(
  header: string | undefined,
  byteLength: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const end = byteLength - 1
  const range =
    from === ''
      ? { first: Math.max(0, byteLength - Number(to)), last: end }
      : { first: Number(from), last: to === '' ? end : Math.min(end, Number(to)) }
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined
  return range.first > end ? 'unsatisfiable' : range
}

/** What lies in a range of bytes that come in pieces. */
export function cut(pieces: readonly Buffer[], { first, last }: ByteRange): Buffer[] {
  let at = 0
  return pieces.flatMap((piece) => {
    const start = at
    at += piece.length
    const inside = piece.subarray(Math.max(0, first - start), Math.max(0, last + 1 - start))
    return inside.length > 0 ? [inside] : []
  })
}
