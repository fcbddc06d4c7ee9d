import { hlsRequest } from '../../../src/hls/hls-request.ts'
import type { HlsResource } from '../../../src/hls/resource.ts'
import type { HlsStore } from '../../../src/hls/store.ts'

/** What a path stands for now; throws what a viewer gets, also when it would have to wait. */
export function hlsResource(store: HlsStore, path: string): HlsResource {
  const resource = hlsRequest(store, path)()
  if (!resource) throw new Error(`${path} is not there yet`)
  return resource
}

export function bodyOf(resource: HlsResource | undefined): Buffer {
  return Buffer.concat(resource?.plain.body ?? [])
}

/** The body of what a path stands for now. */
export function hlsBody(store: HlsStore, path: string): Buffer {
  return bodyOf(hlsResource(store, path))
}

/** The media playlist, or another one, as it is now. */
export function playlistText(store: HlsStore, path = `v0-${store.sessionId}.m3u8`): string {
  return hlsBody(store, path).toString()
}
