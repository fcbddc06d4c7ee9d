import { type Answer, KeepAliveSocket } from './keep-alive-socket.ts'
import type { PlaylistVersion, PlaylistVersions } from './playlist-versions.ts'

export type ViewerEvents = {
  onPlaylist: (version: PlaylistVersion, atMs: number) => void
  onPart: (bytes: number) => void
  onFailure: (reason: string) => void
}

export type ViewerOptions = {
  playlist: URL
  versions: PlaylistVersions
  /** Whether it loads the media, too. */
  loadsParts: boolean
  events: ViewerEvents
}

/** What Chromium sends, about: heads have to be parsed. */
const headers = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0',
  Accept: '*/*',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-US,en;q=0.9',
  Referer: 'http://localhost/watch/bench1',
}

/**
 * Asks for what hls.js asks for: on one connection a blocking reload after the other, each for the next part, and
 * beside it on another connection each new part.
 */
export class LowLatencyViewer {
  readonly #options: ViewerOptions
  readonly #reloads: KeepAliveSocket
  /** Opened when it is needed: servers hang up on who says nothing. */
  #media: KeepAliveSocket | undefined
  readonly #wanted: string[] = []
  #loading = false

  constructor(options: ViewerOptions) {
    const { playlist } = options
    this.#options = options
    this.#reloads = this.#connect(true, (answer) => this.#onPlaylist(answer))
    this.#reloads.ask(playlist.pathname)
  }

  #connect(keepBodies: boolean, onAnswer: (answer: Answer) => void): KeepAliveSocket {
    const { playlist: url, events } = this.#options
    return new KeepAliveSocket({
      ...{ url, headers, keepBodies, onAnswer },
      onError: (error) => events.onFailure(error.message),
    })
  }

  #onPlaylist(answer: Answer): void {
    if (!this.#isFine(answer)) return
    const { playlist, versions, loadsParts } = this.#options
    const version = versions.of(answer)
    this.#reloads.ask(playlist.pathname + version.query)
    this.#options.events.onPlaylist(version, answer.atMs)
    if (loadsParts && version.newestPart) this.#wanted.push(version.newestPart)
    this.#loadNext()
  }

  #onPart(answer: Answer): void {
    if (!this.#isFine(answer)) return
    this.#options.events.onPart(answer.bodyBytes)
    this.#loading = false
    this.#loadNext()
  }

  #loadNext(): void {
    if (this.#loading) return
    const path = this.#wanted.shift()
    if (path === undefined) return
    this.#loading = true
    this.#media ??= this.#connect(false, (answer) => this.#onPart(answer))
    this.#media.ask(path)
  }

  /** A viewer that was refused asks no more: it is counted, and the figures are wrong. */
  #isFine({ head }: Answer): boolean {
    const fine = head.startsWith('HTTP/1.1 200 ')
    if (!fine) this.#options.events.onFailure(head.slice(0, head.indexOf('\r\n')))
    return fine
  }
}
