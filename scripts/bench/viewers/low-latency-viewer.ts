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
  readonly #media: KeepAliveSocket
  readonly #wanted: string[] = []
  #loading = false

  constructor(options: ViewerOptions) {
    const { playlist, events } = options
    this.#options = options
    const onError = (error: Error) => events.onFailure(error.message)
    const common = { url: playlist, headers, onError }
    this.#reloads = new KeepAliveSocket({
      ...common,
      keepBodies: true,
      onAnswer: (answer) => this.#onPlaylist(answer),
    })
    this.#media = new KeepAliveSocket({
      ...common,
      keepBodies: false,
      onAnswer: (answer) => this.#onPart(answer),
    })
    this.#reloads.ask(playlist.pathname)
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
    this.#media.ask(path)
  }

  /** A viewer that was refused asks no more: it is counted, and the figures are wrong. */
  #isFine({ head }: Answer): boolean {
    const fine = head.startsWith('HTTP/1.1 200 ')
    if (!fine) this.#options.events.onFailure(head.slice(0, head.indexOf('\r\n')))
    return fine
  }
}
