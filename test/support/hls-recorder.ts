import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type PlaylistEntry, type ReadPlaylist, readPlaylist } from './read-playlist.ts'

const pollEveryMs = 200

export type RecordedPlaylist = ReadPlaylist & { text: string; atMs: number }
export type RecordedSegment = PlaylistEntry & { init: Buffer; bytes: Buffer }

/** A viewer that keeps all it gets: each version of the media playlist and every segment, over HTTP. */
export class HlsRecorder {
  readonly playlists: RecordedPlaylist[] = []
  readonly segments: RecordedSegment[] = []
  readonly #base: string
  readonly #inits = new Map<string, Buffer>()
  readonly #done: Promise<void>
  #stopped = false

  /** @param url `http://…/hls/{stream}` */
  constructor(url: string) {
    this.#base = url
    this.#done = this.#run()
    // Whoever stops it learns of its failure.
    this.#done.catch(() => undefined)
  }

  get ended(): boolean {
    return this.playlists.at(-1)?.ended === true
  }

  get seconds(): number {
    return this.segments.reduce((sum, { seconds }) => sum + seconds, 0)
  }

  /** Resolves when nothing is being fetched any more. @throws what went wrong while recording. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  /** Everything as files below a directory, and one playlist that lists it all. @returns the playlist's path. */
  async save(directory: string): Promise<string> {
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      `#EXT-X-TARGETDURATION:${this.playlists.at(-1)?.targetDuration}`,
    ]
    let map = ''
    for (const segment of this.segments) {
      if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
      if (segment.map !== map) lines.push(`#EXT-X-MAP:URI="${segment.map}"`)
      map = segment.map
      lines.push(`#EXTINF:${segment.seconds},`, segment.uri)
      for (const [name, bytes] of [
        [segment.map, segment.init],
        [segment.uri, segment.bytes],
      ] as const) {
        await mkdir(dirname(join(directory, name)), { recursive: true })
        await writeFile(join(directory, name), bytes)
      }
    }
    const path = join(directory, 'v0.m3u8')
    await writeFile(path, `${lines.join('\n')}\n#EXT-X-ENDLIST\n`)
    return path
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#look()
      if (this.ended) return
      await delay(pollEveryMs)
    }
  }

  async #look(): Promise<void> {
    const response = await fetch(`${this.#base}/v0.m3u8`)
    const text = await response.text()
    // Nothing there yet.
    if (response.status === 404 && this.playlists.length === 0) return
    if (!response.ok) throw new Error(`the playlist is gone: ${response.status} ${text}`)
    if (text === this.playlists.at(-1)?.text) return
    const atMs = Date.now()
    const playlist = readPlaylist(text)
    this.playlists.push({ ...playlist, text, atMs })
    for (const entry of playlist.entries) {
      if (entry.mediaSequence <= (this.segments.at(-1)?.mediaSequence ?? -1)) continue
      const init = this.#inits.get(entry.map) ?? (await this.#bytes(entry.map))
      this.#inits.set(entry.map, init)
      this.segments.push({ ...entry, init, bytes: await this.#bytes(entry.uri) })
    }
  }

  async #bytes(path: string): Promise<Buffer> {
    const response = await fetch(`${this.#base}/${path}`)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return Buffer.from(await response.arrayBuffer())
  }
}
