import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { GatewayError } from '../errors.ts'
import type { Epoch } from '../feed/fragment.ts'
import {
  type Directives,
  judge,
  type LiveEdge,
  noDirectives,
  type Query,
  readDirectives,
} from './directives.ts'
import { mediaPlaylist, mediaPlaylistName, multivariantPlaylist, type PlaylistFacts } from './playlist.ts'
import type { HlsStore } from './store.ts'
import type { Attempt } from './waiters.ts'

/** What a request for HLS gets. */
export type HlsResource = {
  contentType: string
  cacheControl: string
  /** Strong, with its quotes. */
  etag: string
  body: Buffer
  /** The body by gzip; undefined for media, which has no redundancy left. */
  gzip: Buffer | undefined
}

const playlistType = 'application/vnd.apple.mpegurl'
/** A playlist changes all the time: caches keep it, but ask each time, which costs a 304. */
const playlistCaching = 'no-cache'
/** Epoch ids are random: a name never stands for other bytes. */
const mediaCaching = 'public, max-age=31536000, immutable'

/** Texts of the facts they were made from: a thousand viewers ask for the same one. */
const playlists = new WeakMap<PlaylistFacts, Map<string, HlsResource>>()

/**
 * Understands a request.
 * @param path below the stream: `index.m3u8`, `live.m3u8`, `live-{session}.m3u8`, `{epoch}/init.mp4`,
 * `{epoch}/{mediaSequence}.m4s` or `{epoch}/p{number}.m4s`.
 * @returns how to get its answer: undefined while it has to wait for the store's next media. It throws GatewayError
 * NOT_FOUND for any other path, what was dropped, playlists before there is enough to play, and parts that were
 * announced and do not come; BAD_REQUEST for wrong delivery directives.
 */
export function hlsRequest(store: HlsStore, path: string, query: Query = {}): Attempt<HlsResource> {
  if (path === 'index.m3u8') {
    return () => playlist(store, path, (facts) => multivariantPlaylist(facts, sessionPlaylistName(store)))
  }
  if (path === mediaPlaylistName) return mediaPlaylistRequest(store, query, playlistCaching)
  if (path === sessionPlaylistName(store)) return mediaPlaylistRequest(store, query, directiveCaching(store))
  const [, epochId = '', file = ''] = /^([\w-]+)\/(init\.mp4|p?\d{1,15}\.m4s)$/.exec(path) ?? []
  return () => media(store, epochId, file)
}

/** Name of the media playlist that is this session's only, see `HlsStore.sessionId`. */
function sessionPlaylistName(store: HlsStore): string {
  return mediaPlaylistName.replace('.', `-${store.sessionId}.`)
}

/**
 * Answers to directives: such a URL asks for a state that does not change any more, and names its session, so that all
 * viewers of a cache can have the same answer. Not for long: nobody asks for it again later than the Skip Boundary.
 */
function directiveCaching(store: HlsStore): string {
  return `public, max-age=${6 * (store.facts()?.targetDuration ?? 1)}`
}

/** What a playlist lists last, found once for all who wait for it. */
const edges = new WeakMap<PlaylistFacts, LiveEdge | undefined>()

function edgeOf(store: HlsStore): LiveEdge | undefined {
  const facts = store.facts()
  if (!facts) return store.edge()
  if (!edges.has(facts)) edges.set(facts, store.edge())
  return edges.get(facts)
}

function mediaPlaylistRequest(
  store: HlsStore,
  query: Query,
  directivesCaching: string,
): Attempt<HlsResource> {
  const edge = edgeOf(store)
  const directives = edge ? readDirectives(query) : noDirectives
  const { targetDuration } = store.facts() ?? {}
  if (directives === 'wrong' || (edge && judge(directives, edge) === 'too far')) {
    throw new GatewayError(
      'BAD_REQUEST',
      `_HLS_msn and _HLS_part must be whole numbers that come soon: at most ${2 * (targetDuration ?? 1)} s ahead.`,
    )
  }
  // What is not there yet can't be waited for: a player has no numbers to ask for before its first playlist.
  if (targetDuration === undefined) return () => livePlaylist(store, noDirectives, playlistCaching)
  const caching = directives.msn === undefined ? playlistCaching : directivesCaching
  return () => {
    const now = edgeOf(store)
    if (now && judge(directives, now) === 'wait') return undefined
    return livePlaylist(store, directives, caching)
  }
}

function livePlaylist(store: HlsStore, { skip }: Directives, cacheControl: string): HlsResource {
  const resource = playlist(store, skip ? 'delta' : 'media', (facts) => mediaPlaylist(facts, skip))
  return cacheControl === resource.cacheControl ? resource : variantOf(resource, cacheControl)
}

/** The same resource object for the same playlist: what is built from it can be kept beside it. */
const variants = new WeakMap<HlsResource, HlsResource>()

function variantOf(resource: HlsResource, cacheControl: string): HlsResource {
  const known = variants.get(resource)
  if (known?.cacheControl === cacheControl) return known
  const variant = { ...resource, cacheControl, gzip: resource.gzip }
  variants.set(resource, variant)
  return variant
}

function playlist(store: HlsStore, kind: string, make: (facts: PlaylistFacts) => string): HlsResource {
  const facts = store.facts()
  if (!facts)
    throw new GatewayError('NOT_FOUND', `Stream "${store.stream}" has no media yet. Try again soon.`)
  const made = playlists.get(facts) ?? new Map<string, HlsResource>()
  playlists.set(facts, made)
  const known = made.get(kind)
  if (known) return known
  const body = Buffer.from(make(facts))
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const resource: HlsResource = {
    contentType: playlistType,
    cacheControl: playlistCaching,
    etag,
    body,
    gzip: gzipSync(body),
  }
  made.set(kind, resource)
  return resource
}

function media(store: HlsStore, epochId: string, file: string): HlsResource | undefined {
  const number = Number.parseInt(file.replace('p', ''), 10)
  if (file === 'init.mp4') {
    const epoch = store.epoch(epochId)
    if (epoch) return mediaFile(epoch, file, epoch.init)
  } else if (file === `p${number}.m4s`) {
    const part = store.part(epochId, number)
    const epoch = part && store.epoch(epochId)
    if (epoch) return mediaFile(epoch, file, part.bytes)
    if (store.isAwaited(epochId, number)) return undefined
  } else if (file === `${number}.m4s`) {
    // "007.m4s" is no second name of segment 7.
    const segment = store.segment(epochId, number)
    if (segment) return mediaFile(segment.epoch, file, segment.bytes)
  }
  throw new GatewayError('NOT_FOUND', `Stream "${store.stream}" has no such file, or it was dropped by now.`)
}

/** The same resource object for the same bytes. */
const mediaFiles = new WeakMap<Buffer, HlsResource>()

function mediaFile(epoch: Epoch, file: string, body: Buffer): HlsResource {
  const etag = `"${epoch.id}/${file}"`
  const known = mediaFiles.get(body)
  // A segment of one part is the same bytes under another name.
  if (known?.etag === etag) return known
  const contentType = epoch.video ? 'video/mp4' : 'audio/mp4'
  const resource = { contentType, cacheControl: mediaCaching, etag, body, gzip: undefined }
  mediaFiles.set(body, resource)
  return resource
}
