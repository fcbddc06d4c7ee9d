import { gunzipSync } from 'node:zlib'
import type { StreamSnapshot } from '../../../src/streams/stream-snapshot.ts'
import type { Answer } from './keep-alive-socket.ts'

/** A state of the media playlist, which all viewers get at about the same time. */
export type PlaylistVersion = {
  /** What a viewer asks for next, behind the playlist's path. */
  query: string
  /** Path of its newest part. */
  newestPart: string | undefined
  /** When the gateway had that part, ms since 1970; undefined when that can't be told. */
  readyAtMs: Promise<number | undefined>
}

/**
 * Reads each version once, by its ETag: thousands of viewers get the same bytes, and reading them must not be what is
 * measured.
 */
export class PlaylistVersions {
  readonly #playlist: URL
  readonly #stream: string
  readonly #versions = new Map<string, PlaylistVersion>()

  constructor(playlist: URL, stream: string) {
    this.#playlist = playlist
    this.#stream = stream
  }

  of(answer: Answer): PlaylistVersion {
    const etag = /\r\netag: (\S+)/i.exec(answer.head)?.[1] ?? ''
    const known = this.#versions.get(etag)
    if (known) return known
    const version = this.#read(answer)
    this.#versions.set(etag, version)
    return version
  }

  #read({ head, body, atMs }: Answer): PlaylistVersion {
    const text = (/\r\ncontent-encoding: gzip/i.test(head) ? gunzipSync(body) : body).toString()
    const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0)
    const listed = text.match(/^#EXTINF/gm)?.length ?? 0
    const nextSegment = number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/) + number(/SKIPPED-SEGMENTS=(\d+)/) + listed
    const openParts = text.slice(text.lastIndexOf('#EXTINF')).match(/^#EXT-X-PART:/gm)?.length ?? 0
    const newestPart = [...text.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"/gm)].at(-1)?.[1]
    return {
      query: `?_HLS_msn=${nextSegment}&_HLS_part=${openParts}&_HLS_skip=YES`,
      newestPart: newestPart && new URL(newestPart, this.#playlist).pathname,
      readyAtMs: this.#readyAt(atMs),
    }
  }

  /** When the newest fragment came out of the packager. It says nothing about this version when it came later. */
  async #readyAt(answeredAtMs: number): Promise<number | undefined> {
    const answer = await fetch(new URL(`/api/streams/${this.#stream}`, this.#playlist))
    const snapshot: StreamSnapshot = await answer.json()
    const newestAtMs = Date.parse(snapshot.feed?.newestAt ?? '')
    return newestAtMs <= answeredAtMs ? newestAtMs : undefined
  }
}
