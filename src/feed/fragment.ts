import type { AudioInfo, VideoInfo } from '../mp4/track-info.ts'

/** One packager run: everything that decodes with the same initialisation segment. */
export type Epoch = {
  /** Random, safe in a URL, never used twice: names built from it can be cached for ever. */
  id: string
  /** ftyp + moov. */
  init: Buffer
  video: VideoInfo | null
  audio: AudioInfo | null
}

/** The smallest piece of media that can be sent alone: one moof + mdat with all tracks. */
export type Fragment = {
  epoch: Epoch
  /** Counts up by one over all epochs of a feed, from 0. */
  number: number
  /** moof + mdat. */
  bytes: Buffer
  /** Media time inside its epoch, as `Timeline` counts it: that of its first picture, if it has one. */
  startSeconds: number
  durationSeconds: number
  /** True when decoding can start here: its first video sample is a keyframe, or it holds audio only. */
  keyframe: boolean
  /** Number of video samples, for the frame rate. */
  videoFrames: number
  /** When its first sample was captured, ms since 1970 on the steady clock; the best estimate known. */
  capturedAtMs: number
  /** When it came out of the packager, ms since 1970 on the steady clock. */
  arrivedAtMs: number
}
