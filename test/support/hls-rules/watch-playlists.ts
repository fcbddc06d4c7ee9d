import { types as hls, parse } from 'hls-parser'
import { Parser } from 'm3u8-parser'
import { applyDelta, type ReadPlaylist, readMediaPlaylist } from './read-media-playlist.ts'
import type { Observation } from './rules.ts'

/** The URL of the media playlist that a multivariant playlist names. */
export async function mediaPlaylistUrl(indexUrl: string): Promise<string> {
  const text = await (await fetch(indexUrl)).text()
  const [uri = ''] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new URL(uri, indexUrl).href
}

/**
 * Asks for the playlist as players do: each request waits for the part behind the newest one, and leaves out what is
 * known already. Each answer goes through two independent parsers, too.
 * @param enough says when to stop; the end of the stream always stops it.
 */
export async function watchPlaylists(
  url: string,
  enough: (observations: readonly Observation[]) => boolean,
): Promise<Observation[]> {
  const observations: Observation[] = []
  for (;;) {
    const before = observations.at(-1)?.playlist
    const answer = await fetch(before ? `${url}?${directives(before)}` : url)
    // The publisher is away for longer than a request may wait.
    if (answer.status === 503) continue
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${answer.status} ${text}`)
    const raw = readMediaPlaylist(text)
    const playlist = before ? applyDelta(before, raw) : raw
    parseByOthers(text, raw)
    observations.push({ atMs: performance.now(), raw, playlist })
    if (playlist.ended || enough(observations)) return observations
  }
}

/** What hls.js asks for next. */
function directives({ segments, open }: ReadPlaylist): string {
  const next = (segments.at(-1)?.sequence ?? -1) + 1
  return new URLSearchParams({
    _HLS_msn: String(next),
    _HLS_part: String(open?.parts.length ?? 0),
    _HLS_skip: 'YES',
  }).toString()
}

function parseByOthers(text: string, own: ReadPlaylist): void {
  const parsed = parse(text)
  if (!(parsed instanceof hls.MediaPlaylist))
    throw new Error('hls-parser takes it for a multivariant playlist')
  const parser = new Parser()
  parser.push(text)
  parser.end()
  const uris = own.segments.map(({ uri }) => uri)
  const found = [
    parsed.segments.map(({ uri }) => uri).filter((uri) => uri !== ''),
    parser.manifest.segments.map(({ uri }) => uri).filter((uri) => uri !== undefined),
  ]
  for (const other of found) {
    if (JSON.stringify(other) !== JSON.stringify(uris)) {
      throw new Error(`another parser finds ${other.join()} instead of ${uris.join()}`)
    }
  }
}
