/** A segment as a media playlist lists it. */
export type PlaylistEntry = {
  uri: string
  mediaSequence: number
  /** Absolute count of discontinuities up to it. */
  discontinuitySequence: number
  discontinuity: boolean
  map: string
  seconds: number
  dateTimeMs: number
}

export type ReadPlaylist = {
  targetDuration: number
  mediaSequence: number
  ended: boolean
  entries: PlaylistEntry[]
}

/** Reads a media playlist by RFC 8216, without any of the gateway's code. */
export function readPlaylist(text: string): ReadPlaylist {
  const number = (tag: string) => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  const mediaSequence = number('EXT-X-MEDIA-SEQUENCE')
  let discontinuitySequence = number('EXT-X-DISCONTINUITY-SEQUENCE')
  let map = ''
  let seconds = Number.NaN
  let dateTimeMs = Number.NaN
  let discontinuity = false
  const entries: PlaylistEntry[] = []
  for (const line of text.trim().split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') {
      discontinuity = true
      discontinuitySequence += 1
    }
    map = /^#EXT-X-MAP:URI="(.*)"$/.exec(line)?.[1] ?? map
    seconds = Number(/^#EXTINF:([\d.]+),$/.exec(line)?.[1] ?? seconds)
    dateTimeMs = Date.parse(/^#EXT-X-PROGRAM-DATE-TIME:(.*)$/.exec(line)?.[1] ?? '') || dateTimeMs
    if (line.startsWith('#')) continue
    entries.push({
      uri: line,
      mediaSequence: mediaSequence + entries.length,
      discontinuitySequence,
      discontinuity,
      map,
      seconds,
      dateTimeMs,
    })
    discontinuity = false
  }
  return {
    targetDuration: number('EXT-X-TARGETDURATION'),
    mediaSequence,
    ended: text.includes('#EXT-X-ENDLIST'),
    entries,
  }
}
