import { createHash } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import type { Epoch } from '../feed/fragment.ts'
import { mediaPlaylist, mediaPlaylistName, multivariantPlaylist, type PlaylistFacts } from './playlist.ts'
import type { HlsStore } from './store.ts'

/** What a request for HLS gets. */
export type HlsResource = {
  contentType: string
  cacheControl: string
  /** Strong, with its quotes. */
  etag: string
  body: Buffer | string
}

type PlaylistName = 'index.m3u8' | typeof mediaPlaylistName

const playlistType = 'application/vnd.apple.mpegurl'
/** A playlist changes with each segment: caches keep it, but ask each time, which costs a 304. */
const playlistCaching = 'no-cache'
/** Epoch ids are random: a name never stands for other bytes. */
const mediaCaching = 'public, max-age=31536000, immutable'

/** Texts of the facts they were made from: a thousand viewers ask for the same one. */
const playlists = new WeakMap<PlaylistFacts, Map<PlaylistName, HlsResource>>()

/**
 * Finds what a path stands for.
 * @param path below the stream: `index.m3u8`, `live.m3u8`, `{epoch}/init.mp4` or `{epoch}/{mediaSequence}.m4s`.
 * @throws GatewayError NOT_FOUND for any other path, what was dropped, and playlists before the first segment.
 */
export function hlsResource(store: HlsStore, path: string): HlsResource {
  if (path === 'index.m3u8' || path === mediaPlaylistName) return playlist(store, path)
  const [, epochId = '', file = ''] = /^([\w-]+)\/(init\.mp4|\d{1,15}\.m4s)$/.exec(path) ?? []
  if (file === 'init.mp4') {
    const epoch = store.epoch(epochId)
    if (epoch) return media(epoch, file, epoch.init)
  }
  const segment = store.segment(epochId, Number.parseInt(file, 10))
  // "007.m4s" is no second name of segment 7.
  if (segment && file === `${segment.mediaSequence}.m4s`) return media(segment.epoch, file, segment.bytes)
  throw new GatewayError('NOT_FOUND', `Stream "${store.stream}" has no such file, or it was dropped by now.`)
}

function playlist(store: HlsStore, name: PlaylistName): HlsResource {
  const facts = store.facts()
  if (!facts)
    throw new GatewayError('NOT_FOUND', `Stream "${store.stream}" has no media yet. Try again soon.`)
  const made = playlists.get(facts) ?? new Map<PlaylistName, HlsResource>()
  playlists.set(facts, made)
  const known = made.get(name)
  if (known) return known
  const body = name === 'index.m3u8' ? multivariantPlaylist(facts) : mediaPlaylist(facts)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const resource = { contentType: playlistType, cacheControl: playlistCaching, etag, body }
  made.set(name, resource)
  return resource
}

function media(epoch: Epoch, file: string, body: Buffer): HlsResource {
  const contentType = epoch.video ? 'video/mp4' : 'audio/mp4'
  return { contentType, cacheControl: mediaCaching, etag: `"${epoch.id}/${file}"`, body }
}
