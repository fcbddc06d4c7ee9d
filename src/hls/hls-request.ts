import { GatewayError } from '../errors.ts'
import { bestRenditionId } from '../feed/epoch.ts'
import type { Attempt } from './blocked-requests.ts'
import { judge, noDirectives, type Query, readDirectives } from './directives.ts'
import type { PlaylistVersion } from './playlist-version.ts'
import type { HlsResource } from './resource.ts'
import type { HlsStore } from './store.ts'

/**
 * Understands a request.
 * @param path below the stream: `index.m3u8`, `{rendition}.m3u8`, `{rendition}-{session}.m3u8`,
 * `{epoch}/{rendition}/init.mp4`, `{epoch}/{rendition}/{mediaSequence}.m4s` or `{epoch}/{rendition}/p{number}.m4s`.
 * @param mediaBase of playlists that are for their viewer only: where media is, the same for all, relative to them.
 * @returns how to get its answer: undefined while it has to wait for the store's next media. It throws GatewayError
 * NOT_FOUND for any other path, what was dropped, playlists before there is enough to play, and parts that were
 * announced and do not come; BAD_REQUEST for wrong delivery directives.
 */
export function hlsRequest(
  store: HlsStore,
  path: string,
  query: Query = {},
  mediaBase: string | null = null,
): Attempt<HlsResource> {
  if (path === 'index.m3u8') return () => playable(store).index(mediaBase)
  const [, rendition, session] = /^(v\d)(?:-([\w-]+))?\.m3u8$/.exec(path) ?? []
  if (rendition !== undefined && (session ?? store.sessionId) === store.sessionId) {
    return mediaPlaylistRequest(store, rendition, query, { ofSession: session !== undefined, mediaBase })
  }
  const [, epochId = '', id = '', file = ''] =
    /^([\w-]+)\/(v\d)\/(init\.mp4|p?\d{1,15}\.m4s)$/.exec(path) ?? []
  return () => media(store, epochId, id, file)
}

function mediaPlaylistRequest(
  store: HlsStore,
  rendition: string,
  query: Query,
  url: { ofSession: boolean; mediaBase: string | null },
): Attempt<HlsResource> {
  // What is not there yet can't be waited for: a player has no numbers to ask for before its first playlist.
  const { edge, facts } = playable(store)
  if (rendition !== bestRenditionId && !store.hasRendition(rendition)) throw notFound(store)
  const directives = edge ? readDirectives(query) : noDirectives
  if (directives === 'wrong' || (edge && judge(directives, edge) === 'too far')) {
    throw new GatewayError(
      'BAD_REQUEST',
      `_HLS_msn and _HLS_part must be whole numbers that come soon: at most ${2 * facts.targetDuration} s ahead.`,
    )
  }
  return () => {
    const version = playable(store)
    if (version.edge && judge(directives, version.edge) === 'wait') return undefined
    return version.media(rendition, directives, url)
  }
}

function playable(store: HlsStore): PlaylistVersion {
  const version = store.version()
  if (!version) {
    throw new GatewayError('NOT_FOUND', `Stream "${store.stream}" has no media yet. Try again soon.`)
  }
  return version
}

function media(store: HlsStore, epochId: string, rendition: string, file: string): HlsResource | undefined {
  const number = Number.parseInt(file.replace('p', ''), 10)
  // "007.m4s" is no second name of segment 7.
  const found =
    file === 'init.mp4'
      ? store.init(epochId, rendition)
      : file === `p${number}.m4s`
        ? store.part(epochId, rendition, number)
        : file === `${number}.m4s`
          ? store.segment(epochId, rendition, number)
          : undefined
  if (found) return found
  if (file === `p${number}.m4s` && store.hasRendition(rendition) && store.isAwaited(epochId, number)) {
    return undefined
  }
  throw notFound(store)
}

function notFound(store: HlsStore): GatewayError {
  return new GatewayError('NOT_FOUND', `Stream "${store.stream}" has no such file, or it was dropped by now.`)
}
