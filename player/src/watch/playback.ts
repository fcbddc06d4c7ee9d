/** Something that feeds the video element: hls.js, or the browser's own HLS. */
export type Playback = {
  /** When the picture on show was taken, by the gateway's clock. */
  playingDateMs(): number | null
  /** How far the picture lies behind where live playback aims to be. */
  gapSeconds(): number | null
  /** How far the newest media on offer lies ahead of the picture. */
  newerSeconds(): number | null
  goLive(): void
  destroy(): void
}

export type PlaybackOptions = {
  video: HTMLVideoElement
  url: string
  /** It cannot go on and must be built anew. */
  failed: (reason: string) => void
}
