import { type HlsResource, hlsRequest } from '../../../src/hls/hls-request.ts'
import type { HlsStore } from '../../../src/hls/store.ts'

/** What a path stands for now; throws what a viewer gets, also when it would have to wait. */
export function hlsResource(store: HlsStore, path: string): HlsResource {
  const resource = hlsRequest(store, path)()
  if (!resource) throw new Error(`${path} is not there yet`)
  return resource
}
