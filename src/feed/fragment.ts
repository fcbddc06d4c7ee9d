import type { Sample } from '../mp4/sample.ts'
import type { Epoch } from './epoch.ts'

/** The smallest piece of a stream that is sent alone, about 0.2 s: samples of all tracks. */
export type Fragment = {
  epoch: Epoch
  /** Counts up by one over all epochs of a feed, from 0. */
  number: number
  /** Media time inside its epoch, as `Timeline` counts it: that of its first video sample, if it has one. */
  startSeconds: number
  durationSeconds: number
  /** True when decoding can start here: its first video samples are keyframes, or it holds audio only. */
  keyframe: boolean
  audio: readonly Sample[]
  /** Video samples of each of the epoch's renditions, in their order. */
  video: readonly (readonly Sample[])[]
  /** When its first sample was captured, ms since 1970 on the steady clock; the best estimate known. */
  capturedAtMs: number
  /** When it came out of the packager, ms since 1970 on the steady clock. */
  arrivedAtMs: number
}

/** A fragment that no feed has taken yet. */
export type UnnumberedFragment = Omit<Fragment, 'number'>

/** Bytes of all its samples. */
export function mediaBytes({ audio, video }: Pick<Fragment, 'audio' | 'video'>): number {
  let bytes = sampleBytes(audio)
  for (const samples of video) bytes += sampleBytes(samples)
  return bytes
}

/** Video samples of the best rendition, for the frame rate. */
export function videoFrames({ video }: Pick<Fragment, 'video'>): number {
  return video[0]?.length ?? 0
}

function sampleBytes(samples: readonly Sample[]): number {
  let bytes = 0
  for (const { data } of samples) bytes += data.length
  return bytes
}
