import type { PlayToken } from '../play-token.ts'
import type { LatencyMode } from '../view/latency-mode.ts'

/** Something that feeds the video element: hls.js, the browser's own HLS, or WebRTC. */
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
  mode: LatencyMode
  video: HTMLVideoElement
  url: string
  /** For each request: it is renewed meanwhile. */
  token: PlayToken
  /** The gateway's time, in ms: its clock dated the media. */
  serverNow: () => number
  /** It cannot go on and must be built anew. */
  failed: (reason: string) => void
  /** This way of playing can't be had here: why, as a sentence for the person. */
  unable: (why: string) => void
}
