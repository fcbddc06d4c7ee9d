export type HlsSnapshot = {
  /** Path of the multivariant playlist. */
  path: string
  /** False until there is enough media to start on. */
  playable: boolean
  segments: number
  mediaSequence: number
  bufferedBytes: number
  /** PART-TARGET of Low-Latency HLS; null for plain HLS. */
  partTargetSeconds: number | null
  /** Requests that wait for the next media at this moment. */
  waitingViewers: number
}
