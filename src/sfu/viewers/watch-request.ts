import type { ClientKey } from '../../limit/client-key.ts'

/** What a viewer who wants to watch in real time sends. */
export type WatchRequest = {
  /** SDP. */
  offer: string
  client: ClientKey
}
