/** Markers of AMF0 (sections 2.1 to 2.18). */
const number = 0x00
const boolean = 0x01
const string = 0x02
const object = 0x03
const nullMarker = 0x05
const undefinedMarker = 0x06
const ecmaArray = 0x08
const objectEnd = 0x09
const strictArray = 0x0a
const date = 0x0b
const longString = 0x0c

/** Bytes behind the marker of the types that have a fixed length. */
const fixedBytes = new Map([
  [number, 8],
  [boolean, 1],
  [nullMarker, 0],
  [undefinedMarker, 0],
  [date, 10],
])

/** Objects in objects: RTMP's commands have one level. */
const maxDepth = 8

/**
 * Replaces whole strings in the AMF0 values of an RTMP command. Names of properties stay as they are.
 * @param onReplaced called with each string that was replaced, as it was.
 * @throws RangeError when the bytes are not AMF0.
 */
export function replaceStrings(
  payload: Buffer,
  replacements: ReadonlyMap<string, string>,
  onReplaced: (placeholder: string) => void,
): Buffer {
  const out: Buffer[] = []
  let at = 0

  const take = (bytes: number): Buffer => {
    if (at + bytes > payload.length) throw new RangeError('AMF0 ends too early')
    at += bytes
    return payload.subarray(at - bytes, at)
  }
  const copy = (bytes: number): Buffer => {
    const taken = take(bytes)
    out.push(taken)
    return taken
  }
  const replaceText = (lengthBytes: 2 | 4): void => {
    const marker = payload.subarray(at - 1, at)
    const text = take(take(lengthBytes).readUIntBE(0, lengthBytes)).toString()
    const replacement = replacements.get(text)
    if (replacement !== undefined) onReplaced(text)
    out.push(replacement === undefined ? marker : Buffer.of(string))
    const bytes = Buffer.from(replacement ?? text)
    // Only what a long string held may need four bytes for its length; addresses have an upper bound.
    const length = Buffer.alloc(replacement === undefined ? lengthBytes : 2)
    length.writeUIntBE(bytes.length, 0, length.length)
    out.push(length, bytes)
  }
  const properties = (depth: number): void => {
    while (copy(copy(2).readUInt16BE()).length > 0) value(depth)
    if (copy(1)[0] !== objectEnd) throw new RangeError('AMF0 object without an end')
  }
  const value = (depth: number): void => {
    if (depth > maxDepth) throw new RangeError('AMF0 too deep')
    const marker = take(1).readUInt8()
    if (marker === string || marker === longString) {
      replaceText(marker === string ? 2 : 4)
      return
    }
    out.push(Buffer.of(marker))
    if (marker === ecmaArray || marker === strictArray) {
      const items = copy(4).readUInt32BE()
      if (marker === ecmaArray) properties(depth + 1)
      else for (let left = items; left > 0; left -= 1) value(depth + 1)
    } else if (marker === object) properties(depth + 1)
    else copy(fixedBytesOf(marker))
  }

  while (at < payload.length) value(0)
  return Buffer.concat(out)
}

/** @throws RangeError for a type that RTMP's commands do not have. */
function fixedBytesOf(marker: number): number {
  const bytes = fixedBytes.get(marker)
  if (bytes === undefined) throw new RangeError(`AMF0 type ${marker}`)
  return bytes
}
