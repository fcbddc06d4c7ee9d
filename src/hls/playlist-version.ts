import type { Directives, LiveEdge } from './directives.ts'
import { mediaPlaylist } from './media-playlist.ts'
import { multivariantPlaylist } from './multivariant-playlist.ts'
import type { PlaylistFacts } from './playlist-facts.ts'
import { type HlsResource, PlaylistText } from './resource.ts'

/** A playlist changes all the time: caches keep it, but ask each time, which costs a 304. */
const asking = 'no-cache'
/** Of a viewer with a token: each of them is checked. */
const askingAlone = 'private, no-cache'

/**
 * What a stream's playlists say at one moment. It never changes: each text is made when the first viewer asks, and then
 * is the same for all.
 */
export class PlaylistVersion {
  readonly facts: PlaylistFacts
  /** The newest that the media playlists list; undefined without parts. */
  readonly edge: LiveEdge | undefined
  readonly #texts = new Map<string, PlaylistText>()

  constructor(facts: PlaylistFacts) {
    this.facts = facts
    this.edge = edgeOf(facts)
  }

  /** The multivariant playlist. @param mediaBase as for `media`. */
  index(mediaBase: string | null = null): HlsResource {
    const text = this.#text('index', () => multivariantPlaylist(this.facts))
    return text.resource(mediaBase === null ? asking : askingAlone)
  }

  /**
   * The media playlist of a rendition.
   * @param url.ofSession the URL names this broadcast.
   * @param url.mediaBase where media is, relative to a playlist that is for its viewer only; null for those of all.
   */
  media(
    rendition: string,
    { msn, skip }: Directives,
    { ofSession, mediaBase }: { ofSession: boolean; mediaBase: string | null },
  ): HlsResource {
    const base = mediaBase ?? ''
    const text = this.#text(`${rendition} ${skip} ${base}`, () =>
      mediaPlaylist(this.facts, rendition, skip, base),
    )
    if (mediaBase !== null) return text.resource(askingAlone)
    return text.resource(msn !== undefined && ofSession ? this.#keeping() : asking)
  }

  /**
   * Answers to directives: such a URL asks for a state that does not change any more, and names its session, so that all
   * viewers of a cache can have the same answer. Not for long: no player asks for it again later than the Skip Boundary.
   */
  #keeping(): string {
    return `public, max-age=${6 * this.facts.targetDuration}`
  }

  #text(kind: string, make: () => string): PlaylistText {
    const known = this.#texts.get(kind)
    if (known) return known
    const text = new PlaylistText(make())
    this.#texts.set(kind, text)
    return text
  }
}

function edgeOf({ segments, open, partTargetSeconds, ended }: PlaylistFacts): LiveEdge | undefined {
  if (partTargetSeconds === null) return undefined
  const last = segments.at(-1)
  return {
    lastSequence: last?.mediaSequence ?? -1,
    lastParts: last?.partsListed ? last.parts.length : 0,
    openParts: open?.parts.length ?? 0,
    partTargetSeconds,
    ended,
  }
}
